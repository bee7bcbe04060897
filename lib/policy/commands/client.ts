/** What an operator does with the list of clients: each gives lines to print. */
import { PrefixTable, sortPrefixes } from '../clients/client-prefixes.js';
import type { ClientList, ClientStore } from '../clients/client-store.js';

export async function addClients(clients: ClientStore, prefixes: readonly string[]): Promise<string[]> {
  const { list, before } = await clients.edit(sortPrefixes(prefixes), []);
  return [`${list.prefixes.length - before} added: ${describe(list)}`];
}

export async function removeClients(clients: ClientStore, prefixes: readonly string[]): Promise<string[]> {
  const { list, before } = await clients.edit([], sortPrefixes(prefixes));
  return [`${before - list.prefixes.length} removed: ${describe(list)}`];
}

/** One line for each prefix or peer id: whether what begins with it is on the list. */
export async function whichClients(
  clients: ClientStore,
  names: readonly string[],
): Promise<{ readonly lines: string[]; readonly areAllListed: boolean }> {
  const table = new PrefixTable((await clients.read()).prefixes);
  const areListed = names.map((name) => table.matches(Buffer.from(name, 'latin1')));
  return {
    lines: names.map(
      (name, i) => `${name} ${areListed[i] === true ? 'is on the list' : 'is not on the list'}`,
    ),
    areAllListed: areListed.every(Boolean),
  };
}

export async function showClients(clients: ClientStore): Promise<string[]> {
  const list = await clients.read();
  if (list.revision === 0) return ['there is no list yet: client add or client import makes one'];
  return [describe(list), `last changed ${new Date(list.changedAt).toISOString()}`];
}

/** Replaces the list. */
export async function importClients(clients: ClientStore, prefixes: readonly string[]): Promise<string[]> {
  const sorted = sortPrefixes(prefixes);
  const { list, before } = await clients.replace(sorted);
  return [`${sorted.length} imported in the place of ${before}: ${describe(list)}`];
}

/** Every prefix, one a line: what `client import` takes. */
export async function exportClients(clients: ClientStore): Promise<string[]> {
  return [...(await clients.read()).prefixes];
}

function describe({ prefixes, revision }: ClientList): string {
  return `the list has ${prefixes.length} ${prefixes.length === 1 ? 'prefix' : 'prefixes'} (revision ${revision})`;
}
