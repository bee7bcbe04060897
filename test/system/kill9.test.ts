import { setTimeout as delay } from 'node:timers/promises';
import { expect } from 'chai';

import type { Durability } from '../../lib/store/lmdb/environment.js';
import { openLmdbStore } from '../../lib/store/lmdb/store.js';
import { STOPPED, V4 } from '../../lib/swarm/shard/peer-record.js';
import { Cleanup } from '../support/cleanup.js';
import { RecordingLog } from '../support/recording-log.js';
import { startTracker, type TrackerProcess } from '../support/tracker-process.js';
import { overConnections, PipelinedConnection } from './support/pipelined-connection.js';
import { announceReplyOf, scrapeReplyOf } from './support/replies.js';
import { StoredSwarm } from './support/stored-swarm.js';
import { announceTarget, scrapeTarget } from './support/targets.js';

const kills = 5;
const connections = 64;
/** How long the tracker is under load before it is killed; a little different each time. */
const loadMs = (kill: number): number => 700 + 53 * kill;

/** No more than one reply may have, so that a reply shows whether all are there. */
const peersOfSwarm = 150;
/** So many swarms are announced to at once. */
const hotSwarms = 16;

/** What the client knows of a peer: what it asked last, and whether that was answered. */
interface KnownPeer {
  readonly swarm: number;
  readonly port: number;
  readonly peerId: Buffer;
  readonly asked: 'start' | 'stop';
  readonly answered: boolean;
}

function infohashOf(swarm: number): Buffer {
  const infohash = Buffer.alloc(20, 0xf1);
  infohash.writeUInt32BE(swarm);
  return infohash;
}

/** A swarm that is split again and again while it is announced to. */
const largeSwarm = 1_000_000;

/** Which of the swarms the peer with this number joins. */
function swarmOf(peer: number): number {
  if (peer % 3 === 0) return largeSwarm;
  const block = Math.floor(peer / (peersOfSwarm * hotSwarms));
  return block * hotSwarms + (peer % hotSwarms);
}

function targetOf({ swarm, port, peerId, asked }: KnownPeer): string {
  const more = asked === 'stop' ? '&event=stopped' : '&event=started';
  return announceTarget({ infohash: infohashOf(swarm), peerId, port, left: 1 }, more);
}

/** Peers that announce, each at most once at a time, and what became of it. */
class Clients {
  readonly peers: KnownPeer[] = [];
  private stopped = false;

  constructor(private readonly port: number) {}

  /** Announces new peers over many connections until they end. Every eighth peer leaves again. */
  async run(): Promise<void> {
    this.stopped = false;
    const opened = await Promise.all(
      Array.from({ length: connections }, () => PipelinedConnection.open(this.port)),
    );
    await Promise.all(opened.map((connection) => this.announceUntilItEnds(connection)));
  }

  /** From now on no connection that ends is a surprise. */
  expectEnd(): void {
    this.stopped = true;
  }

  private async announceUntilItEnds(connection: PipelinedConnection): Promise<void> {
    try {
      for (;;) {
        const number = this.peers.length;
        const peerId = Buffer.from(`-TS0001-${String(number).padStart(12, '0')}`);
        const port = 1024 + (number % 60_000);
        await this.announce(connection, number, {
          swarm: swarmOf(number),
          port,
          peerId,
          asked: 'start',
          answered: false,
        });
        const peer = this.peers[number];
        if (number % 8 === 0 && peer !== undefined) {
          await this.announce(connection, number, { ...peer, asked: 'stop', answered: false });
        }
      }
    } catch (error) {
      if (!this.stopped) throw error;
    } finally {
      connection.close();
    }
  }

  private async announce(connection: PipelinedConnection, number: number, peer: KnownPeer): Promise<void> {
    this.peers[number] = peer;
    announceReplyOf(await connection.get(targetOf(peer)));
    this.peers[number] = { ...peer, answered: true };
  }
}

/** The peers of each swarm whose last announce was answered, and those of whom nobody knows. */
function bySwarm(peers: readonly KnownPeer[]): Map<number, { there: number[]; unknown: number[] }> {
  const swarms = new Map<number, { there: number[]; unknown: number[] }>();
  for (const { swarm, port, asked, answered } of peers) {
    let known = swarms.get(swarm);
    if (known === undefined) swarms.set(swarm, (known = { there: [], unknown: [] }));
    if (!answered) known.unknown.push(port);
    else if (asked === 'start') known.there.push(port);
  }
  return swarms;
}

/** That every shard can be read, and every answer was true. */
async function expectStored(
  directory: string,
  durability: Durability,
  peers: readonly KnownPeer[],
): Promise<void> {
  const log = new RecordingLog();
  const store = await openLmdbStore({ directory, durability, log });
  try {
    const swarms = new Map<number, StoredSwarm>();
    const wrong: string[] = [];
    for (const { swarm, peerId, port, asked, answered } of peers) {
      if (!answered) continue;
      const stored = swarms.get(swarm) ?? (await StoredSwarm.read(store, infohashOf(swarm)));
      swarms.set(swarm, stored);
      const identity = Buffer.concat([peerId, Buffer.from([127, 0, 0, 1, port >> 8, port & 0xff])]);
      const record = stored.recordOf(identity);
      const isThere = record !== undefined && ((record[V4.flagsAt] ?? 0) & STOPPED) === 0;
      if (isThere !== (asked === 'start')) wrong.push(`${peerId.toString()} ${asked}`);
    }
    expect(wrong, 'answered, yet not stored').to.deep.equal([]);
  } finally {
    await store.close();
  }
}

/**
 * That counts and replies of the swarms that fit into a reply have every answered peer, and nobody
 * who was not announced.
 */
async function expectServed(port: number, peers: readonly KnownPeer[]): Promise<void> {
  const load = { connections: 8, inFlight: 64 };
  const swarms = [...bySwarm(peers)].filter(([swarm]) => swarm !== largeSwarm);
  await overConnections(port, load, swarms, async (connection, [swarm, { there, unknown }]) => {
    const infohash = infohashOf(swarm);
    const files = scrapeReplyOf(await connection.get(scrapeTarget([infohash])));
    const counts = files.get(infohash.toString('hex'));
    expect(counts?.complete).to.equal(0);
    expect(counts?.incomplete, `swarm ${swarm}`).to.be.within(there.length, there.length + unknown.length);

    const visitor = {
      infohash,
      peerId: Buffer.from(`-TS0001-visitor${String(swarm).padStart(5, '0')}`),
      port: 1,
      left: 1,
    };
    const { ports } = announceReplyOf(await connection.get(announceTarget(visitor, '&numwant=200')));
    const given = new Set(ports);
    expect(given.size).to.equal(ports.length);
    expect(
      there.filter((expected) => !given.has(expected)),
      `missing in swarm ${swarm}`,
    ).to.deep.equal([]);
    const known = new Set([...there, ...unknown]);
    expect(
      ports.filter((found) => !known.has(found)),
      `strangers in swarm ${swarm}`,
    ).to.deep.equal([]);
    await connection.get(announceTarget(visitor, '&event=stopped'));
  });
}

describe('kill -9 under load', function () {
  this.timeout(120_000);

  for (const durability of ['flush', 'commit'] as const) {
    describe(`with DURABILITY=${durability}`, () => {
      const cleanup = new Cleanup();
      const settings = { DURABILITY: durability };
      let tracker: TrackerProcess;
      let clients: Clients;

      before(async () => {
        tracker = await startTracker(settings);
        cleanup.add(() => tracker.dispose());
        clients = new Clients(tracker.port);
      });

      after(() => cleanup.run());

      for (let kill = 1; kill <= kills; kill++) {
        it(`loses no announce that was answered (kill ${kill} of ${kills})`, async () => {
          const earlier = clients.peers.length;
          const running = clients.run();
          await Promise.race([running, delay(loadMs(kill))]);
          clients.expectEnd();
          const { signal } = await tracker.kill9();
          await running;
          expect(signal).to.equal('SIGKILL');
          expect(clients.peers.length - earlier, 'announces before the kill').to.be.above(connections);

          await expectStored(tracker.dataDirectory, durability, clients.peers);
          await tracker.restart(settings);
          await expectServed(tracker.port, clients.peers);
          expect(tracker.program.stderr).to.equal('');
        });
      }
    });
  }
});
