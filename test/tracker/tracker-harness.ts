import { expect } from 'chai';

import { parseAddress } from '../../lib/bittorrent/address.js';
import { HttpFront } from '../../lib/http/front.js';
import type { Log } from '../../lib/log.js';
import { decodeCanonical, type Bencoded } from '../http/bencoding.js';
import { escapeBytes } from '../http/support.js';
import { defined } from '../support/defined.js';
import { Harness } from '../support/harness.js';

export const INFOHASH = Buffer.from('ff00aabbccddeeff00112233445566778899aabb', 'hex');

/** Parameters of a query; bytes are escaped, undefined leaves the parameter out. */
export type Parameters = Readonly<Record<string, string | number | Uint8Array | undefined>>;

export function queryOf(parameters: Parameters): string {
  return Object.entries(parameters)
    .filter(([, value]) => value !== undefined)
    .map(([name, value]) => `${name}=${value instanceof Uint8Array ? escapeBytes(value) : (value ?? '')}`)
    .join('&');
}

/** The peer id of a numbered client, with bytes that are no text. */
export function peerIdOf(number: number): Buffer {
  return Buffer.concat([Buffer.from('-TE0001-'), Buffer.alloc(11, 0xe9), Buffer.from([number])]);
}

/** The query of a numbered client, a leecher on port 6881, but for what `changes` says. */
export function announceOf(number: number, changes: Parameters = {}): string {
  return queryOf({ info_hash: INFOHASH, peer_id: peerIdOf(number), port: 6881, left: 1000, ...changes });
}

export function addressOf(number: number): string {
  return `192.0.2.${number}`;
}

/** A tracker that is asked over HTTP, without sockets. */
export class TrackerHarness extends Harness {
  readonly front = new HttpFront(this.components);

  /** What a query from an address is answered with. */
  async announce(query: string, address: string): Promise<Reply> {
    return new Reply(await this.front.announce(`/announce?${query}`, defined(parseAddress(address))));
  }

  /** What a numbered client is answered with. */
  client(number: number, changes: Parameters = {}, address = addressOf(number)): Promise<Reply> {
    return this.announce(announceOf(number, changes), address);
  }

  async scrape(...infohashes: readonly Uint8Array[]): Promise<Reply> {
    return this.scrapeQuery(infohashes.map((infohash) => `info_hash=${escapeBytes(infohash)}`).join('&'));
  }

  async scrapeQuery(query: string, log?: Log): Promise<Reply> {
    return new Reply(await this.front.scrape(`/scrape?${query}`, Uint8Array.of(192, 0, 2, 1), log));
  }

  /** What the scrape of one swarm says of it. */
  async swarm(infohash: Uint8Array = INFOHASH): Promise<Record<string, number>> {
    const file = (await this.scrape(infohash)).dictionary('files').get(Buffer.from(infohash).toString('hex'));
    return new Reply(file).numbers();
  }
}

/** A bencoded dictionary with text keys, decoded strictly. */
export class Reply {
  private readonly entries: Map<string, Bencoded>;

  constructor(reply: Buffer | Bencoded | undefined) {
    const decoded = Buffer.isBuffer(reply) ? decodeCanonical(reply) : reply;
    this.entries = decoded instanceof Map ? decoded : expect.fail('not a dictionary');
  }

  keys(): string[] {
    return [...this.entries.keys()].map((key) => Buffer.from(key, 'hex').toString('latin1'));
  }

  get(key: string): Bencoded | undefined {
    return this.entries.get(Buffer.from(key, 'latin1').toString('hex'));
  }

  text(key: string): string | undefined {
    const value = this.get(key);
    return Buffer.isBuffer(value) ? value.toString('latin1') : undefined;
  }

  dictionary(key: string): Map<string, Bencoded> {
    const value = this.get(key);
    return value instanceof Map ? value : expect.fail(`${key} is no dictionary`);
  }

  /** All values that are numbers, by key. */
  numbers(): Record<string, number> {
    return Object.fromEntries(
      this.keys().flatMap((key) => {
        const value = this.get(key);
        return typeof value === 'number' ? [[key, value]] : [];
      }),
    );
  }

  /** The compact peers, as `address:port` for IPv4 and in hex for IPv6, sorted. */
  compactPeers(): string[] {
    const [v4, v6] = [this.get('peers'), this.get('peers6') ?? Buffer.alloc(0)];
    if (!Buffer.isBuffer(v4) || !Buffer.isBuffer(v6)) return expect.fail('peers are not compact');
    const list: string[] = [];
    for (let at = 0; at < v4.length; at += 6) {
      list.push(`${v4.subarray(at, at + 4).join('.')}:${v4.readUInt16BE(at + 4)}`);
    }
    for (let at = 0; at < v6.length; at += 18) list.push(v6.toString('hex', at, at + 18));
    return list.sort();
  }

  /** The peers as dictionaries. */
  peerDictionaries(): Reply[] {
    const peers = this.get('peers');
    return Array.isArray(peers) ? peers.map((peer) => new Reply(peer)) : expect.fail('peers are no list');
  }
}
