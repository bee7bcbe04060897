import { expect } from 'chai';

import { startRiakDouble, type RiakDouble } from '../../riak-double/double.js';
import { Cleanup } from '../../support/cleanup.js';
import { eventually } from '../../support/eventually.js';
import { startTracker, type TrackerProcess } from '../../support/tracker-process.js';
import { Announcer, type HttpAnnounce, type Outcome } from './announcer.js';
import { hexPeerIdOf, infohashOf, upTo } from './numbered.js';
import { BUCKET, COUNT_TYPE, impatientSettings, trackerTypes } from '../../riak-double/tracker-types.js';
import { storedPeerIds } from './stored-swarms.js';

/** ANNOUNCE_TIMEOUT of these trackers, and what a busy machine may be late by. */
export const announceTimeoutMs = 1000;
export const slackMs = 500;

/** How long a tracker may take to notice that Riak is well again. */
export const recoveryMs = 10_000;

/** Peers of one test are spread over so many swarms. */
const swarmsAtOnce = 3;

/**
 * A tracker in a process of its own, on a double of Riak in this one, with clients that check every
 * answer.
 */
export class TrackerOnRiak {
  /** The first of the swarms that peers announce to now. */
  private swarm = 0;
  private lastPeer = 0;

  private constructor(
    readonly double: RiakDouble,
    readonly tracker: TrackerProcess,
    readonly announcer: Announcer,
    private readonly atEnd: Cleanup,
  ) {}

  /** @param prepare is called with the double before the tracker starts */
  static async start(
    nodes: number,
    prepare: (double: RiakDouble) => Promise<void> = () => Promise.resolve(),
  ): Promise<TrackerOnRiak> {
    const atEnd = new Cleanup();
    try {
      const double = await startRiakDouble({ nodes, types: trackerTypes });
      atEnd.add(() => double.close());
      await prepare(double);
      const tracker = await startTracker({
        ...impatientSettings(double.addresses),
        ANNOUNCE_TIMEOUT: String(announceTimeoutMs),
      });
      atEnd.add(() => tracker.dispose());
      const announcer = new Announcer(tracker.url());
      atEnd.add(() => {
        announcer.close();
        return Promise.resolve();
      });
      return new TrackerOnRiak(double, tracker, announcer, atEnd);
    } catch (error) {
      await atEnd.run();
      throw error;
    }
  }

  async dispose(): Promise<void> {
    await this.atEnd.run();
  }

  /** Announces go to swarms that have no peers yet. */
  changeSwarms(): void {
    this.swarm += swarmsAtOnce;
  }

  newPeers(count: number): number[] {
    this.lastPeer += count;
    return upTo(count).map((i) => this.lastPeer - i);
  }

  /** An announce that ends in time: acknowledged, or with a failure that says when to come back. */
  async announce(peer: number, more: Pick<HttpAnnounce, 'seeder' | 'event'> = {}): Promise<Outcome> {
    const outcome = await this.announcer.announce({ swarm: this.swarmOf(peer), peer, ...more });
    expect(outcome.milliseconds, this.describe()).to.be.below(announceTimeoutMs + slackMs);
    if (!outcome.acknowledged) expect(outcome.reply).to.include.keys('retry in');
    return outcome;
  }

  /**
   * Peers announce, 20 at a time, each until it is acknowledged or has tried often enough.
   * @returns the acknowledged ones
   */
  async announceAll(
    peers: readonly number[],
    tries: number,
    more: Pick<HttpAnnounce, 'seeder' | 'event'> = {},
  ): Promise<number[]> {
    const waiting = [...peers];
    const acknowledged: number[] = [];
    const client = async (): Promise<void> => {
      for (let peer = waiting.shift(); peer !== undefined; peer = waiting.shift()) {
        for (let tried = 0; tried < tries; tried++) {
          if (!(await this.announce(peer, more)).acknowledged) continue;
          acknowledged.push(peer);
          break;
        }
      }
    };
    await Promise.all(upTo(20).map(client));
    return acknowledged;
  }

  /** That every one of these peers is in Riak, in the shard where it is looked for. */
  async expectStored(acknowledged: readonly number[]): Promise<void> {
    const stored = new Set<string>();
    for (let i = 0; i < swarmsAtOnce; i++) {
      for (const peerId of await storedPeerIds(this.double, infohashOf(this.swarm + i))) stored.add(peerId);
    }
    expect(acknowledged.filter((peer) => !stored.has(hexPeerIdOf(peer)))).to.deep.equal([]);
  }

  /** Downloads of all swarms in use, as Riak has counted them. */
  downloads(): number {
    return upTo(swarmsAtOnce)
      .map((i) => this.double.counter(COUNT_TYPE, BUCKET, infohashOf(this.swarm + i).toString('hex')) ?? 0)
      .reduce((sum, count) => sum + count, 0);
  }

  async untilHealth(status: number): Promise<void> {
    const isSo = async (): Promise<boolean> => (await this.announcer.health()) === status;
    await eventually(`/health says ${status}`, recoveryMs, isSo, () => this.describe());
  }

  /** Ends whatever ails Riak, and expects that the process lived through it and is well again. */
  async heal(): Promise<void> {
    for (const node of this.double.nodes) {
      node.faults.clear();
      node.latency = () => 0;
      node.resume();
      await node.start();
    }
    await this.untilHealth(200);
    expect(this.tracker.program.exit, this.describe()).to.equal(undefined);
    expect(this.tracker.program.stderr).to.not.match(/uncaught|unhandled|internal error/i);
  }

  describe(): string {
    return this.tracker.program.describe();
  }

  private swarmOf(peer: number): number {
    return this.swarm + (peer % swarmsAtOnce);
  }
}
