import { systemClock } from '../environment.js';
import type { Config } from '../config.js';
import type { Log } from '../log.js';
import {
  addTorrents,
  exportTorrents,
  importTorrents,
  removeTorrents,
  showList,
  whichTorrents,
} from '../policy/commands/list.js';
import { ListStore } from '../policy/lists/list-store.js';
import { readList, readTorrent, readTorrentName } from '../policy/lists/list-text.js';
import { misuse, policyCommand, print, readGiven } from './policy-command.js';

type ListWork = (list: ListStore) => Promise<void>;

/**
 * `npm run list -- ...`: reads or changes the list of torrents in the store.
 * @throws StartError if the arguments or files cannot be used, or the store fails
 */
export async function listCommand(config: Config, log: Log, args: readonly string[]): Promise<void> {
  const [verb = '', ...names] = args;
  if (config.listFile !== '') {
    throw misuse(`the list is in ${config.listFile} (LIST_FILE): change it there`);
  }
  await policyCommand(config, log, 'the list', async () => {
    const work = await workOf(verb, names, config.listMode === 'deny' ? 'deny' : 'allow');
    return (store) => work(new ListStore(store, systemClock));
  });
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
