/**
 * The command line of a clone in which nothing is installed yet, so that nothing is installed for
 * one that cannot be used.
 */
import { parseArgs } from 'node:util';

import { findCommand } from './commands.mjs';

const LEFT_FOR_LATER = ['help', '--help', '-h', '--version', '-V'];

/**
 * @param {readonly string[]} args
 * @returns {string | undefined} why it cannot be used, in a line; undefined if it can, or help is
 *   wanted
 */
export function refusalOf(args) {
  const { command, names, rest } = findCommand(args);
  const [first] = rest;
  if (args.some((arg) => LEFT_FOR_LATER.includes(arg))) return undefined;
  if (command === undefined || command.commands !== undefined) {
    const where = ['tracker', ...names].join(' ');
    return first === undefined ? `${where}: a command is missing` : `${where}: unknown command '${first}'`;
  }
  const { argument, options = [] } = command;
  try {
    const { positionals } = parseArgs({
      args: rest.map((arg) => (argument?.dashes === true ? arg.replace(/^-(?!-)/, '') : arg)),
      options: Object.fromEntries(options.flatMap(parsedAs)),
      allowPositionals: argument !== undefined,
    });
    if (argument?.required === true && positionals.length === 0)
      return `missing required argument '${argument.name}'`;
    if (argument?.many === false && positionals.length > 1)
      return `too many arguments, ${argument.name} is one`;
    return undefined;
  } catch (error) {
    return error instanceof Error ? error.message : String(error);
  }
}

/**
 * @param {import('./commands.mjs').Option} option
 * @returns {[string, { type: 'string' | 'boolean', short?: string }][]}
 */
function parsedAs({ name, short, takes, before }) {
  /** @type {{ type: 'string' | 'boolean', short?: string }} */
  const parsed = { type: takes === undefined ? 'boolean' : 'string', ...(short && { short }) };
  return before === undefined
    ? [[name, parsed]]
    : [
        [name, parsed],
        [before, { type: parsed.type }],
      ];
}
