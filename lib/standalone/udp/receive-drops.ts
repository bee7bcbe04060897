import { readFile } from 'node:fs/promises';

/**
 * How many datagrams the system has thrown away because the receive buffers of sockets on a port
 * were full: Linux tells it in /proc/net. Undefined where there is no such file.
 * @param directory of the files udp and udp6
 */
export async function receiveDrops(port: number, directory = '/proc/net'): Promise<number | undefined> {
  const tables = await Promise.all(['udp', 'udp6'].map((name) => readTable(`${directory}/${name}`)));
  const known = tables.filter((table) => table !== undefined);
  if (known.length === 0) return undefined;
  return known.reduce((sum, table) => sum + dropsOf(table, port), 0);
}

async function readTable(path: string): Promise<string | undefined> {
  try {
    return await readFile(path, 'utf8');
  } catch {
    return undefined;
  }
}

/**
 * A line a socket: its number, the local address and port in hexadecimal, ..., at the end the
 * drops.
 */
function dropsOf(table: string, port: number): number {
  const local = `:${port.toString(16).toUpperCase().padStart(4, '0')}`;
  let drops = 0;
  for (const line of table.split('\n').slice(1)) {
    const fields = line.trim().split(/\s+/);
    if (fields[1]?.endsWith(local) === true) drops += Number(fields.at(-1));
  }
  return drops;
}
