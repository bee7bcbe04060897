/** HTTP as bytes on a connection, for what an HTTP client would refuse to send. */
import { connect, type Socket } from 'node:net';
import { once } from 'node:events';

/** Loopback connection to a port. The caller destroys it. @param localAddress whom the server sees */
export async function openConnection(port: number, localAddress = '127.0.0.1'): Promise<Socket> {
  const socket = connect({ port, host: '127.0.0.1', localAddress });
  // A server that has had enough may reset the connection; what it sent before counts.
  socket.on('error', () => undefined);
  await once(socket, 'connect');
  return socket;
}

/** Everything that comes until the other end closes, as Latin-1. */
export async function readToEnd(socket: Socket): Promise<string> {
  const chunks: Buffer[] = [];
  socket.on('data', (chunk: Buffer) => chunks.push(chunk));
  if (!socket.closed) await once(socket, 'close');
  return Buffer.concat(chunks).toString('latin1');
}

/** Sends bytes and returns everything that comes back until the server closes the connection. */
export async function exchange(
  port: number,
  request: string | Buffer,
  localAddress?: string,
): Promise<string> {
  const socket = await openConnection(port, localAddress);
  socket.write(typeof request === 'string' ? Buffer.from(request, 'latin1') : request);
  return readToEnd(socket);
}
