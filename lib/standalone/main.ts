/** The standalone process: the tracker behind an HTTP server of its own, with an embedded store. */
import { networkInterfaces } from 'node:os';

import { ConfigError, describeSettings, parseConfig, type Config } from '../config.js';
import { systemClock } from '../environment.js';
import { HttpFront } from '../http/front.js';
import type { Log } from '../log.js';
import type { Store } from '../store/store.js';
import { Tracker } from '../tracker/tracker.js';
import { announceUrls } from './announce-urls.js';
import { trustedProxies } from './client-address.js';
import { endProcess } from './end-process.js';
import { frontCommand } from './front/front-command.js';
import { Health } from './health.js';
import { Housekeeping } from './housekeeping.js';
import { createLog, logConsole } from './log.js';
import { openStore } from './open-store.js';
import { TrackerServer } from './server.js';
import { purgeCommand } from './purge-command.js';
import { reportCommand } from './report-command.js';
import { StartError } from './start-error.js';
import { stopSignal } from './stop-signal.js';
import { startUdp } from './udp/start-udp.js';

export interface Invocation {
  /** What follows the program's name on the command line. */
  readonly args: readonly string[];
  /** Settings by name, and whatever else is there. */
  readonly environment: Readonly<Record<string, string | undefined>>;
}

const usage = `Usage: npm start [-- --help]
       npm run purge
       npm run report
       npm run front

Starts a BitTorrent tracker, purges its store, prints the report of the last purge, or starts a front of OpenWhisk. Settings are environment
variables, e.g. PORT=7000 npm start
`;

/** What is done in the place of a tracker's work, by argument. */
const commands = new Map([
  ['purge', purgeCommand],
  ['report', reportCommand],
  ['front', frontCommand],
]);

/** Statuses that the process ends with. */
const failed = 1;
const misused = 2;

/** Runs the tracker until a signal ends it, or does what the argument says; the process ends with this call. */
export async function main(invocation: Invocation): Promise<void> {
  const [argument, ...rest] = invocation.args;
  if (invocation.args.some((given) => given === '--help' || given === '-h')) {
    process.stdout.write(`${usage}\n${describeSettings()}`);
    return;
  }
  const command = argument === undefined ? undefined : commands.get(argument);
  const unknown = command === undefined ? argument : rest[0];
  if (unknown !== undefined) {
    process.stderr.write(`${unknown}: unknown argument\n\n${usage}`);
    return endProcess(misused);
  }
  try {
    const config = parseConfig(invocation.environment);
    if (command === undefined) await run(config);
    else await command(config, startLog(config));
  } catch (error) {
    if (!(error instanceof ConfigError || error instanceof StartError)) throw error;
    process.stderr.write(`${error.message}\n`);
    await endProcess(error instanceof ConfigError ? misused : failed);
  }
}

async function run(config: Config): Promise<void> {
  const log = startLog(config);
  const store = await openStore(config, Math.random, log);
  const components = { config, store, clock: systemClock, random: Math.random, log };
  const tracker = new Tracker(components);
  const { announce, scrape, failure } = new HttpFront(components, tracker);
  const server = new TrackerServer(
    {
      announce,
      scrape,
      failure,
      health: new Health(() => store.check(), systemClock, log),
      isTrustedProxy: config.trustedProxies.length === 0 ? undefined : trustedProxies(config.trustedProxies),
      log,
    },
    config,
  );
  const housekeeping = new Housekeeping(components);
  const stopped = stopSignal();
  const port = await listen(server, config, store);
  const udp = await startUdp({ ...components, tracker }, port).catch(async (error: unknown) => {
    await store.close();
    throw error;
  });
  process.stdout.write(greeting(config, port, udp?.port));
  log.info('listening', { port, udpPort: udp?.port });
  housekeeping.start();

  log.info('stopping', { signal: await stopped });
  await stop([server, ...(udp === undefined ? [] : [udp.server])], housekeeping, store, config, log);
}

function startLog(config: Config): Log {
  const log = createLog(config.logLevel);
  logConsole(log, console);
  endOnBug(log);
  return log;
}

async function listen(server: TrackerServer, config: Config, store: Store): Promise<number> {
  try {
    return await server.listen(config.port, config.host);
  } catch (cause) {
    await store.close();
    throw new StartError(listenProblem(cause as NodeJS.ErrnoException, config), { cause });
  }
}

function listenProblem({ code, message }: NodeJS.ErrnoException, { port, host }: Config): string {
  if (code === 'EADDRINUSE') {
    return `port ${port} is in use by another program: end that one, or take another port with PORT`;
  }
  if (code === 'EACCES') return `port ${port} is not allowed to this user: take one above 1023 with PORT`;
  if (code === 'EADDRNOTAVAIL' || code === 'ENOTFOUND') {
    return `${host} is no address of this machine: set HOST`;
  }
  return `cannot listen on ${host} port ${port}: ${message}`;
}

function greeting(config: Config, port: number, udpPort: number | undefined): string {
  const urls = announceUrls(config.host, port, networkInterfaces(), udpPort);
  const width = Math.max(...urls.map(({ url }) => url.length));
  const lines = urls.map(({ url, reach }) => `  ${url.padEnd(width)}  (${reach})`);
  return `The tracker is ready. Announce URL for a torrent:\n${lines.join('\n')}\n`;
}

/** Ends the process within SHUTDOWN_TIMEOUT: with status 0 if everything could be closed. */
async function stop(
  servers: readonly { close(timeoutMs: number): Promise<void> }[],
  housekeeping: Housekeeping,
  store: Store,
  config: Config,
  log: Log,
): Promise<void> {
  const deadline = performance.now() + config.shutdownTimeoutMs;
  const overdue = setTimeout(() => {
    log.error('the store did not close in time');
    void endProcess(failed);
  }, config.shutdownTimeoutMs);
  // The store is left a part of the time, whatever the connections take.
  const answered = servers.map((server) => server.close(config.shutdownTimeoutMs * 0.9));
  await Promise.all([...answered, housekeeping.stop()]);
  await store.close();
  clearTimeout(overdue);
  log.info('stopped', { leftMs: Math.round(deadline - performance.now()) });
  await endProcess(0);
}

/** After an error that nobody expected nothing is known of the state: one line, and whoever supervises starts anew. */
function endOnBug(log: Log): void {
  let isEnding = false;
  process.on('uncaughtException', (cause, origin) => {
    // What follows from that while the process ends would be more lines.
    if (isEnding) return;
    isEnding = true;
    log.error(origin === 'unhandledRejection' ? 'unhandled rejection' : 'uncaught exception', { cause });
    void endProcess(failed);
  });
}
