import { parseArgs } from 'node:util';

import { systemClock } from '../environment.js';
import type { Config } from '../config.js';
import { inOneLine } from '../error-message.js';
import type { Log } from '../log.js';
import { addKey, importKeys, listKeys, readKeys, revokeKeys } from '../policy/commands/key.js';
import { labelOf, type KeyRecord } from '../policy/keys/key-record.js';
import { KeyStore } from '../policy/keys/key-store.js';
import { misuse, policyCommand, print, readGiven } from './policy-command.js';

type KeyWork = (keys: KeyStore) => Promise<void>;

/**
 * `npm run key -- ...`: reads or changes the keys of members in the store.
 * @throws StartError if the arguments or files cannot be used, or the store fails
 */
export async function keyCommand(config: Config, log: Log, args: readonly string[]): Promise<void> {
  const [verb = '', ...rest] = args;
  await policyCommand(config, log, 'the keys', async () => {
    const work = await workOf(verb, rest);
    return (store) => work(new KeyStore(store, systemClock));
  });
}

async function workOf(verb: string, args: readonly string[]): Promise<KeyWork> {
  switch (verb) {
    case 'add': {
      const { record, names } = recordOf(args);
      if (names.length > 0) throw misuse('key add makes the key itself: key import takes those of a file');
      return async (keys) => print(await addKey(keys, record));
    }
    case 'import': {
      const { record, names } = recordOf(args);
      const [file, ...more] = names;
      if (file === undefined || more.length > 0) throw misuse('key import takes one file');
      const imported = readKeys((await readGiven(file)).toString());
      return async (keys) => print(await importKeys(keys, imported, record));
    }
    case 'revoke': {
      if (args.length === 0) throw misuse('key revoke takes keys, or their ids as key list has them');
      return async (keys) => {
        const { lines, areAllRevoked } = await revokeKeys(keys, args);
        await print(lines);
        if (!areAllRevoked) process.exitCode = 1;
      };
    }
    case 'list':
      if (args.length > 0) throw misuse('key list takes nothing more');
      return async (keys) => {
        for await (const line of listKeys(keys)) await print([line]);
      };
    default:
      throw misuse('key takes add, revoke, list or import');
  }
}

/** What the options say of a key, and what else there is. */
function recordOf(args: readonly string[]): { readonly record: KeyRecord; readonly names: string[] } {
  const { values, positionals } = given(args);
  const record: KeyRecord = {
    label: labelOf(values.label ?? ''),
    addedAt: systemClock.now(),
    expiresAt: values.expires === undefined ? undefined : expiryOf(values.expires),
    maxTorrents: limitOf('limit-torrents', values['limit-torrents']),
    maxPeers: limitOf('limit-peers', values['limit-peers']),
  };
  return { record, names: positionals };
}

function given(args: readonly string[]) {
  const string = { type: 'string' } as const;
  const options = { label: string, expires: string, 'limit-torrents': string, 'limit-peers': string };
  try {
    return parseArgs({ args: [...args], options, allowPositionals: true });
  } catch (error) {
    throw misuse(inOneLine(error));
  }
}

/** A date, of which the day ends at midnight UTC, or days from now. */
function expiryOf(text: string): number {
  const [, days] = /^(\d{1,5})d$/.exec(text) ?? [];
  if (days !== undefined) return systemClock.now() + Number(days) * DAY_MS;
  const isDate = /^\d{4}-\d\d-\d\d(T[\d:.]+(Z|[+-]\d\d:\d\d))?$/.test(text);
  const at = isDate ? Date.parse(text) : NaN;
  if (Number.isNaN(at)) throw misuse('--expires takes a date, e.g. 2030-01-31, or days, e.g. 30d');
  return text.length === 10 ? at + DAY_MS : at;
}

function limitOf(option: string, text: string | undefined): number | undefined {
  if (text === undefined) return undefined;
  const number = /^\d{1,4}$/.test(text) ? Number(text) : 0;
  if (number < 1 || number > MAX_LIMIT)
    throw misuse(`--${option} takes a whole number from 1 to ${MAX_LIMIT}`);
  return number;
}

const DAY_MS = 86_400_000;
/** A key's peers are told apart up to so many. */
const MAX_LIMIT = 2000;
