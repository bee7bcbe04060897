/**
 * The announces that wrk makes: 1,048,576 peers in up to 1,000 swarms, in an order that jumps from
 * swarm to swarm. The stream is the same for every tracker, and as long as there are peers nobody
 * announces twice, so that no tracker can answer from what it knows of a peer. announce.lua has the
 * same arithmetic.
 */
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { escapeInfohash, infohashOf } from './numbered.js';

export const PEERS = 2 ** 20;
const MULTIPLIER = 1_664_525;
const INCREMENT = 1_013_904_223;

export class Workload {
  /** One line a swarm: a request up to the last 12 characters of the peer id. */
  readonly headsFile: string;
  /** One line a swarm, hex. */
  readonly infohashFile: string;

  /** @param directory where its files are written */
  constructor(
    directory: string,
    readonly swarms: number,
  ) {
    this.headsFile = join(directory, 'heads.txt');
    this.infohashFile = join(directory, 'infohashes.txt');
    const infohashes = Array.from({ length: swarms }, (_, swarm) => infohashOf(swarm));
    writeFileSync(this.headsFile, lines(infohashes.map(headOf)));
    writeFileSync(
      this.infohashFile,
      lines(infohashes.map((infohash) => infohash.toString('hex').toUpperCase())),
    );
  }

  /** The request target of the announce at a place in the stream. */
  target(place: number): string {
    const peer = peerAt(place);
    const swarm = Math.floor((peer * this.swarms) / PEERS);
    const member = peer - Math.ceil((swarm * PEERS) / this.swarms);
    const left = member % 3 === 0 ? 0 : 123_456_789;
    const id = `000000${hex3(peer >> 10)}${hex3(peer & 1023)}`;
    const path = headOf(infohashOf(swarm)).slice('GET '.length);
    return `${path}${id}&port=${1024 + member}&uploaded=0&downloaded=0&left=${left}&compact=1`;
  }
}

/** The peer whose turn it is: a linear congruential generator of full period. */
export function peerAt(place: number): number {
  let peer = 0;
  for (let i = 0; i < place % PEERS; i++) peer = (peer * MULTIPLIER + INCREMENT) % PEERS;
  return peer;
}

function headOf(infohash: Buffer): string {
  return `GET /announce?info_hash=${escapeInfohash(infohash)}&peer_id=-TR4050-`;
}

function hex3(number: number): string {
  return number.toString(16).padStart(3, '0');
}

function lines(items: readonly string[]): string {
  return items.map((item) => `${item}\n`).join('');
}
