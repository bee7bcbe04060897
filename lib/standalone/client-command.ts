import { systemClock } from '../environment.js';
import type { Config } from '../config.js';
import type { Log } from '../log.js';
import { readPrefix, readPrefixes } from '../policy/clients/client-prefixes.js';
import { ClientStore } from '../policy/clients/client-store.js';
import {
  addClients,
  exportClients,
  importClients,
  removeClients,
  showClients,
  whichClients,
} from '../policy/commands/client.js';
import { misuse, policyCommand, print, readGiven } from './policy-command.js';

type ClientWork = (clients: ClientStore) => Promise<void>;

/**
 * `npm run client -- ...`: reads or changes the list of clients in the store.
 * @throws StartError if the arguments or files cannot be used, or the store fails
 */
export async function clientCommand(config: Config, log: Log, args: readonly string[]): Promise<void> {
  const [verb = '', ...names] = args;
  if (config.clientFile !== '') {
    throw misuse(`the list is in ${config.clientFile} (CLIENT_FILE): change it there`);
  }
  await policyCommand(config, log, 'the list of clients', async () => {
    const work = await workOf(verb, names, config.clientMode === 'deny' ? 'deny' : 'allow');
    return (store) => work(new ClientStore(store, systemClock));
  });
}

async function workOf(verb: string, names: readonly string[], kind: 'allow' | 'deny'): Promise<ClientWork> {
  switch (verb) {
    case 'add': {
      const prefixes = prefixesOf(verb, names);
      return async (clients) => print(await addClients(clients, prefixes));
    }
    case 'remove': {
      const prefixes = prefixesOf(verb, names);
      return async (clients) => print(await removeClients(clients, prefixes));
    }
    case 'has': {
      const prefixes = prefixesOf(verb, names);
      return async (clients) => {
        const { lines, areAllListed } = await whichClients(clients, prefixes);
        await print(lines);
        if (!areAllListed) process.exitCode = 1;
      };
    }
    case 'import': {
      const [file, ...more] = names;
      if (file === undefined || more.length > 0) throw misuse('client import takes one file');
      const prefixes = readPrefixes((await readGiven(file)).toString(), kind);
      return async (clients) => print(await importClients(clients, prefixes));
    }
    case 'show':
    case 'export':
      if (names.length > 0) throw misuse(`client ${verb} takes nothing more`);
      if (verb === 'show') return async (clients) => print(await showClients(clients));
      return async (clients) => print(await exportClients(clients));
    default:
      throw misuse('client takes add, remove, has, show, import or export');
  }
}

/** @throws ListError */
function prefixesOf(verb: string, names: readonly string[]): string[] {
  if (names.length === 0) throw misuse(`client ${verb} takes beginnings of peer ids, e.g. -TR4050-`);
  return names.map(readPrefix);
}
