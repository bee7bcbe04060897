/** Reads a command line by lib/cli/commands.mjs. */
import { styleText } from 'node:util';
import { Argument, Command, CommanderError, InvalidArgumentError, Option } from 'commander';

import { COMMANDS } from './commands.mjs';

/** The status that a process ends with whose command line cannot be used. */
const MISUSED = 2;

/**
 * What somebody wants done.
 * @typedef {object} Wanted
 * @property {readonly string[]} command its names, e.g. `['list', 'add']`
 * @property {readonly string[]} args what follows the options
 * @property {Readonly<Record<string, string | number | boolean>>} options what was given, by long
 *   name
 */

/**
 * @typedef {object} Output
 * @property {(text: string) => void} out
 * @property {(text: string) => void} err
 * @property {boolean} [outHasColors] default: whether standard output is a terminal that has, and
 *   NO_COLOR is not set
 * @property {boolean} [errHasColors]
 */

/**
 * @param {readonly string[]} args without the program's name
 * @param {{ version: string, output: Output }} options
 * @returns {{ wanted: Wanted } | { status: number }} the status to end with if nothing is left to
 *   do: help was printed, or what is wrong with the command line
 */
export function readCommandLine(args, { version, output }) {
  /** @type {Wanted | undefined} */
  let wanted;
  const program = new Command('tracker')
    .description('A BitTorrent tracker: run one, ask one, keep one in order.')
    .version(version, '-V, --version', 'print the version')
    .helpOption('-h, --help', 'print this help')
    .helpCommand('help [command]', 'print the help of a command')
    .exitOverride()
    .configureOutput({
      writeOut: output.out,
      writeErr: output.err,
      ...(output.outHasColors !== undefined && { getOutHasColors: () => output.outHasColors === true }),
      ...(output.errHasColors !== undefined && { getErrHasColors: () => output.errHasColors === true }),
    })
    .configureHelp({
      styleTitle: (text) => styled('bold', text),
      styleCommandText: (text) => styled('cyan', text),
      styleSubcommandText: (text) => styled('cyan', text),
      styleOptionText: (text) => styled('cyan', text),
    });
  for (const command of COMMANDS) addCommand(program, command, [], (given) => (wanted = given));
  try {
    program.parse([...args], { from: 'user' });
  } catch (error) {
    if (!(error instanceof CommanderError)) throw error;
    // Help that was asked for ends with 0, other help stands for a missing command.
    return { status: error.exitCode === 0 ? 0 : MISUSED };
  }
  return wanted === undefined ? { status: MISUSED } : { wanted };
}

/** Commander takes colours away where there is no terminal or NO_COLOR is set. */
function styled(/** @type {'bold' | 'cyan'} */ format, /** @type {string} */ text) {
  return styleText(format, text, { validateStream: false });
}

/**
 * @param {Command} parent
 * @param {import('./commands.mjs').Command} declared
 * @param {readonly string[]} path
 * @param {(wanted: Wanted) => void} want
 */
function addCommand(parent, declared, path, want) {
  const names = [...path, declared.name];
  const command = parent
    .command(declared.name)
    .summary(declared.summary)
    .description(`${declared.summary}.`)
    .helpOption('-h, --help', 'print this help')
    .showHelpAfterError(`"tracker ${names.join(' ')} --help" says how it is used.`);
  if (declared.details !== undefined) command.addHelpText('after', `\n${declared.details}`);
  for (const option of declared.options ?? []) addOption(command, option);
  if (declared.argument !== undefined) command.addArgument(argumentOf(declared.argument));
  const takesDashes = declared.argument?.dashes === true;
  command.allowUnknownOption(takesDashes);
  for (const inner of declared.commands ?? []) addCommand(command, inner, names, want);
  if (declared.commands !== undefined) {
    command.helpCommand(false);
    return;
  }
  command.action(() => {
    const unknown = takesDashes ? command.args.find((arg) => arg.startsWith('--')) : undefined;
    if (unknown !== undefined) command.error(`error: unknown option '${unknown}'`);
    want({ command: names, args: command.args, options: optionsOf(command, declared) });
  });
}

/**
 * @param {Command} command
 * @param {import('./commands.mjs').Option} declared
 */
function addOption(command, declared) {
  const { name, short, takes, description, choices, range, before } = declared;
  const value = takes === undefined ? '' : ` <${takes}>`;
  const shown =
    declared.default === undefined ? description : `${description} (default: ${declared.default})`;
  const option = new Option(`${short === undefined ? '' : `-${short}, `}--${name}${value}`, shown);
  if (choices !== undefined) option.choices([...choices]);
  if (range !== undefined) option.argParser((text) => wholeNumber(text, range));
  command.addOption(option);
  if (before !== undefined) command.addOption(new Option(`--${before}${value}`, description).hideHelp());
}

/** @param {NonNullable<import('./commands.mjs').Command['argument']>} declared */
function argumentOf({ name, description, choices, required, many }) {
  const inner = many ? `${name}...` : name;
  const argument = new Argument(required ? `<${inner}>` : `[${inner}]`, description);
  return choices === undefined ? argument : argument.choices([...choices]);
}

/**
 * @param {string} text
 * @param {{ min: number, max: number }} range
 */
function wholeNumber(text, { min, max }) {
  const value = /^\d{1,16}$/.test(text) ? Number(text) : NaN;
  if (value >= min && value <= max) return value;
  throw new InvalidArgumentError(`It takes a whole number from ${min} to ${max}.`);
}

/**
 * What was given, by the names of the declaration; an older name counts as the new one.
 * @param {Command} command
 * @param {import('./commands.mjs').Command} declared
 * @returns {Wanted['options']}
 */
function optionsOf(command, { options = [] }) {
  return Object.fromEntries(
    options.flatMap(({ name, before }) => {
      const value =
        command.getOptionValue(attributeOf(name)) ?? (before && command.getOptionValue(attributeOf(before)));
      return value === undefined ? [] : [[name, value]];
    }),
  );
}

/** @param {string} name */
function attributeOf(name) {
  return new Option(`--${name}`).attributeName();
}
