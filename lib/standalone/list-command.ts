import { readFile } from 'node:fs/promises';
import { resolve } from 'node:path';

import { AdminError, askTracker } from '../admin/client.js';
import { AdminProtocolError } from '../admin/protocol.js';
import type { Config } from '../config.js';
import { systemClock } from '../environment.js';
import { inOneLine } from '../error-message.js';
import type { Log } from '../log.js';
import {
  addTorrents,
  exportTorrents,
  importTorrents,
  removeTorrents,
  showList,
  whichTorrents,
} from '../policy/commands/list.js';
import { ListError } from '../policy/lists/list-index.js';
import { ListStore } from '../policy/lists/list-store.js';
import { readList, readTorrent, readTorrentName } from '../policy/lists/list-text.js';
import { StoreError } from '../store/errors.js';
import { driverOf } from '../store/registry.js';
import { AdminPolicyStore, type PolicyStore } from './admin/policy-store-command.js';
import { enterStore } from './open-store.js';
import { misused, StartError } from './start-error.js';
import { withStore } from './with-store.js';

type ListWork = (list: ListStore) => Promise<void>;

/**
 * `npm run list -- ...`: reads or changes the list of torrents in the store. A tracker that runs on
 * the embedded store does it and has it in force at once; others read it within LIST_SECONDS.
 * @throws StartError if the arguments or files cannot be used, or the store fails
 */
export async function listCommand(config: Config, log: Log, args: readonly string[]): Promise<void> {
  const [verb = '', ...names] = args;
  if (config.listFile !== '') {
    throw misuse(`the list is in ${config.listFile} (LIST_FILE): change it there`);
  }
  try {
    // Files are read before the process goes to its data directory.
    const work = await workOf(verb, names, config.listMode === 'deny' ? 'deny' : 'allow');
    enterStore(config);
    const socket = driverOf(config.storeName).exclusive?.adminSocket;
    // Whether a tracker is there is asked with something that changes nothing.
    const isRunning = socket !== undefined && (await askTracker(socket, 'policy-store', PROBE)) !== undefined;
    if (isRunning) {
      await work(listIn(new AdminPolicyStore(socket)));
      await askTracker(socket, 'reload');
      return;
    }
    const failure = 'the list could not be used';
    await withStore(config, log, { command: 'policy-store', failure, work: (store) => work(listIn(store)) });
  } catch (cause) {
    if (cause instanceof ListError) throw new StartError(inOneLine(cause), { cause, status: misused });
    if (cause instanceof StoreError || cause instanceof AdminError || cause instanceof AdminProtocolError) {
      throw new StartError(`the list could not be used: ${inOneLine(cause)}`, { cause });
    }
    throw cause;
  }
}

async function workOf(verb: string, names: readonly string[], kind: 'allow' | 'deny'): Promise<ListWork> {
  switch (verb) {
    case 'add': {
      const hashes = await torrentsOf(verb, names);
      return async (list) => print(await addTorrents(list, hashes));
    }
    case 'remove': {
      const hashes = await torrentsOf(verb, names);
      return async (list) => print(await removeTorrents(list, hashes));
    }
    case 'has': {
      const hashes = await torrentsOf(verb, names);
      return async (list) => {
        const { lines, areAllListed } = await whichTorrents(list, hashes);
        await print(lines);
        if (!areAllListed) process.exitCode = 1;
      };
    }
    case 'import': {
      const [file, ...more] = names;
      if (file === undefined || more.length > 0) throw misuse('list import takes one file');
      const sorted = readList(await readGiven(file), kind);
      return async (list) => print(await importTorrents(list, sorted));
    }
    case 'show':
    case 'export': {
      if (names.length > 0) throw misuse(`list ${verb} takes nothing more`);
      if (verb === 'show') return async (list) => print(await showList(list));
      return async (list) => {
        for await (const lines of exportTorrents(list)) {
          if (process.stdout.destroyed) return;
          await print([lines]);
        }
      };
    }
    default:
      throw misuse('list takes add, remove, has, show, import or export');
  }
}

/** Infohashes, magnet links, and the paths of .torrent files. */
async function torrentsOf(verb: string, names: readonly string[]): Promise<Buffer> {
  if (names.length === 0) throw misuse(`list ${verb} takes infohashes, magnet links or .torrent files`);
  const hashes = await Promise.all(
    names.map(async (name) =>
      name.endsWith('.torrent') ? readTorrent(await readGiven(name)) : readTorrentName(name),
    ),
  );
  return Buffer.concat(hashes);
}

/** A path is from where npm was called: npm itself goes to the project's directory. */
async function readGiven(path: string): Promise<Buffer> {
  try {
    return await readFile(resolve(process.env['INIT_CWD'] ?? '.', path));
  } catch (cause) {
    throw misuse(`${path} cannot be read: ${inOneLine(cause)}`);
  }
}

function listIn(store: PolicyStore): ListStore {
  return new ListStore(store, systemClock);
}

/** Waits for whoever reads. One that reads no more, as `head`, has seen enough. */
async function print(lines: readonly string[]): Promise<void> {
  for (const line of lines) {
    if (process.stdout.destroyed) return;
    const isFull = !process.stdout.write(`${line}\n`);
    if (isFull) await drained(process.stdout);
  }
}

/** Settles when more can be written, or never will be. */
function drained(output: NodeJS.WriteStream): Promise<void> {
  return new Promise((resolve) => {
    const settle = (): void => {
      for (const event of EVENTS) output.off(event, settle);
      resolve();
    };
    for (const event of EVENTS) output.on(event, settle);
  });
}

const EVENTS = ['drain', 'error', 'close'] as const;

function misuse(message: string): StartError {
  return new StartError(message, { status: misused });
}

const PROBE = { operation: 'keys', range: { from: 'policy.', to: 'policy.' }, limit: 1 };
