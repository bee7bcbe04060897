import { systemClock } from '../environment.js';
import type { Config } from '../config.js';
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

/** `--label TEXT`, `--expires DATE`, `--limit torrents N`, `--limit peers N`, and what else there is. */
function recordOf(args: readonly string[]): { readonly record: KeyRecord; readonly names: string[] } {
  let label = '';
  let expiresAt: number | undefined;
  let maxTorrents: number | undefined;
  let maxPeers: number | undefined;
  const names: string[] = [];
  const left = args[Symbol.iterator]();
  const next = (): string | undefined => {
    const { done, value } = left.next();
    return done === true ? undefined : value;
  };
  for (let arg = next(); arg !== undefined; arg = next()) {
    if (arg === '--label') label = labelOf(next() ?? '');
    else if (arg === '--expires') expiresAt = expiryOf(next());
    else if (arg === '--limit') {
      const what = next();
      const number = limitOf(what, next());
      if (what === 'torrents') maxTorrents = number;
      else maxPeers = number;
    } else if (arg.startsWith('--')) throw misuse(`${arg}: unknown option`);
    else names.push(arg);
  }
  return { record: { label, addedAt: systemClock.now(), expiresAt, maxTorrents, maxPeers }, names };
}

/** A date, of which the day ends at midnight UTC, or days from now. */
function expiryOf(text = ''): number {
  const [, days] = /^(\d{1,5})d$/.exec(text) ?? [];
  if (days !== undefined) return systemClock.now() + Number(days) * DAY_MS;
  const isDate = /^\d{4}-\d\d-\d\d(T[\d:.]+(Z|[+-]\d\d:\d\d))?$/.test(text);
  const at = isDate ? Date.parse(text) : NaN;
  if (Number.isNaN(at)) throw misuse('--expires takes a date, e.g. 2030-01-31, or days, e.g. 30d');
  return text.length === 10 ? at + DAY_MS : at;
}

function limitOf(what: string | undefined, text = ''): number {
  const number = /^\d{1,4}$/.test(text) ? Number(text) : 0;
  if ((what !== 'torrents' && what !== 'peers') || number < 1 || number > MAX_LIMIT) {
    throw misuse(`--limit takes torrents or peers, and a number from 1 to ${MAX_LIMIT}`);
  }
  return number;
}

const DAY_MS = 86_400_000;
/** A key's peers are told apart up to so many. */
const MAX_LIMIT = 2000;
