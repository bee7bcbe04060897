/** The standalone process: the tracker behind an HTTP server of its own, with an embedded store. */
import { ConfigError, describeSettings, type Config } from '../config.js';
import {
  configOf,
  givenSettings,
  takeSettingsOption,
  withOrigin,
  type GivenSettings,
} from '../config/given.js';
import type { Log } from '../log.js';
import { endProcess } from './end-process.js';
import { frontCommand } from './front/front-command.js';
import { clientCommand } from './client-command.js';
import { keyCommand } from './key-command.js';
import { listCommand } from './list-command.js';
import { printer } from './log.js';
import { purgeCommand } from './purge-command.js';
import { reportCommand } from './report-command.js';
import { runTracker } from './run-tracker.js';
import { settingsText } from './settings-command.js';
import { misused, StartError } from './start-error.js';
import { startLog } from './start-log.js';

export interface Invocation {
  /**
   * The command and what follows it, as lib/cli has read it; nothing runs the tracker. `--help` is
   * the part of the help that says what settings there are.
   */
  readonly args: readonly string[];
  /** Settings by name, and whatever else is there. */
  readonly environment: Readonly<Record<string, string | undefined>>;
}

/** What is done in the place of a tracker's work, by argument. */
const commands = new Map<string, (config: Config, log: Log) => Promise<void>>([
  ['purge', purgeCommand],
  ['report', reportCommand],
  ['front', frontCommand],
]);

/** The same, of commands that take further arguments. */
const commandsWithArguments = new Map([
  ['list', listCommand],
  ['client', clientCommand],
  ['key', keyCommand],
]);

const STDERR = 2;

/**
 * Runs the tracker until a signal ends it, or does what the argument says; the process ends with
 * this call.
 */
export async function main(invocation: Invocation): Promise<void> {
  if (invocation.args.includes('--help')) {
    endQuietlyWithoutReader();
    process.stdout.write(describeSettings());
    return;
  }
  try {
    await run(invocation);
  } catch (error) {
    if (!(error instanceof ConfigError || error instanceof StartError)) throw error;
    printer(STDERR)(error.message);
    await endProcess(error instanceof ConfigError ? misused : error.status);
  }
}

async function run({ args, environment }: Invocation): Promise<void> {
  const { file, rest: all } = takeSettingsOption(args);
  const [argument, ...rest] = all;
  const isForSettings = argument === 'settings';
  const command = argument === undefined ? undefined : commands.get(argument);
  const withArguments = argument === undefined ? undefined : commandsWithArguments.get(argument);
  if (argument !== undefined && !isForSettings && command === undefined && withArguments === undefined) {
    throw new TypeError(`no command ${argument}`);
  }
  if (argument !== undefined) endQuietlyWithoutReader();
  const given = givenSettings(environment, file);
  const config = configOf(given);
  const log = startLog(config);
  logUnknownSettings(given, log);
  try {
    if (isForSettings) process.stdout.write(settingsText(given, rest.length > 0 ? 'json' : 'table'));
    else if (withArguments !== undefined) await withArguments(config, log, rest);
    else if (command !== undefined) await command(config, log);
    else
      await runTracker(
        config,
        log,
        file === undefined ? undefined : () => configOf(givenSettings(environment, file)),
      );
  } catch (error) {
    throw withOrigin(given, error);
  }
}

/** Whoever reads the beginning alone, as head does, has seen enough. */
function endQuietlyWithoutReader(): void {
  process.stdout.on('error', () => undefined);
}

function logUnknownSettings({ unknown }: GivenSettings, log: Log): void {
  for (const { name, meant } of unknown) {
    const meaning = meant === undefined ? 'no setting has this name' : `did you mean ${meant}?`;
    log.warn('unknown setting', { name, meaning });
  }
}
