import { once } from 'node:events';
import { createServer } from 'node:net';

/**
 * A TCP port that nobody listened on a moment ago, for programs that cannot choose one themselves.
 * Ports come from the system's ephemeral range, which it does not hand out again soon.
 */
export async function freePort(): Promise<number> {
  const server = createServer().listen(0);
  await once(server, 'listening');
  const address = server.address();
  server.close();
  await once(server, 'close');
  if (address === null || typeof address === 'string') throw new Error('a TCP server without a port');
  return address.port;
}
