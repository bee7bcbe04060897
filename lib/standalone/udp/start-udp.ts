import { createHash, randomBytes } from 'node:crypto';
import { lookup } from 'node:dns/promises';

import { formatAddress, parseAddress } from '../../bittorrent/address.js';
import { ConfigError, type Config } from '../../config.js';
import { CONNECTION_SECRET_LENGTH, ConnectionIds } from '../../udp/connection-ids.js';
import { UdpFront, type UdpFrontParts } from '../../udp/front.js';
import { StartError } from '../start-error.js';
import { UdpServer } from './server.js';
import { hasReusePort } from './socket.js';

/** A UDP server that runs. */
export interface RunningUdp {
  readonly port: number;
  readonly server: UdpServer;
}

/**
 * Answers over UDP.
 * @param tcpPort that of HTTP; UDP has the same number unless UDP_PORT says another
 * @returns undefined with UDP=off
 * @throws StartError if the port cannot be used, ConfigError if this Node.js cannot share one
 */
export async function startUdp(
  parts: Omit<UdpFrontParts, 'ids'>,
  tcpPort: number,
): Promise<RunningUdp | undefined> {
  const { config, log } = parts;
  if (!config.udp) return undefined;
  if (config.udpReusePort && !hasReusePort(process.versions.node)) {
    throw new ConfigError('UDP_REUSE_PORT', `needs Node.js 23.1, this is ${process.versions.node}`);
  }
  const front = new UdpFront({ ...parts, ids: new ConnectionIds(secretOf(config)) });
  const server = new UdpServer({ front, log }, config);
  const port = config.udpPort === 0 ? tcpPort : config.udpPort;
  try {
    await server.listen(port, await addressOf(config.host));
  } catch (cause) {
    throw new StartError(problemOf(cause as NodeJS.ErrnoException, port, config.host), { cause });
  }
  return { port, server };
}

/**
 * The address that HTTP listens on as well. An IPv4-mapped one is none for a socket of IPv6 alone.
 */
async function addressOf(host: string): Promise<string> {
  const { address } = await lookup(host);
  const bytes = parseAddress(address);
  return bytes?.length === 4 ? formatAddress(bytes) : address;
}

function secretOf({ udpSecret }: Config): Uint8Array {
  if (udpSecret === '') return randomBytes(CONNECTION_SECRET_LENGTH);
  return createHash('sha256').update(udpSecret).digest().subarray(0, CONNECTION_SECRET_LENGTH);
}

function problemOf({ code, message }: NodeJS.ErrnoException, port: number, host: string): string {
  if (code === 'EADDRINUSE') {
    return `UDP port ${port} is in use by another program: end that one, take another port with UDP_PORT, or set UDP=off`;
  }
  if (code === 'EACCES')
    return `UDP port ${port} is not allowed to this user: take one above 1023 with UDP_PORT`;
  return `cannot listen on ${host} UDP port ${port}: ${message}`;
}
