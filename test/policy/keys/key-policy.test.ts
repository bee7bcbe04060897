import { expect } from 'chai';

import type { AnnounceRequest } from '../../../lib/bittorrent/announce.js';
import { MAX_ANSWERS } from '../../../lib/policy/keys/key-cache.js';
import { KeyPolicy } from '../../../lib/policy/keys/key-policy.js';
import { hashOfKey, newKey, type KeyRecord } from '../../../lib/policy/keys/key-record.js';
import { KeyStore, type StoredKey } from '../../../lib/policy/keys/key-store.js';
import { bytesOf } from '../../../lib/policy/keys/key-use.js';
import { MemoryStore, type Fault } from '../../support/memory-store.js';
import { RecordingLog } from '../../support/recording-log.js';
import { rejectionOf } from '../../support/rejection.js';
import { seededRandom } from '../../support/seeded-random.js';
import { announceRequest } from './support.js';

const MISSING = 'this tracker needs a personal announce URL';
const UNKNOWN = 'the key in the announce URL is not known';
const FULL = 'this key is in use by as many peers as it may be';
const BUSY = 'the tracker is busy, try again later';

/** A store with keys, and the processes that use it. */
class Site {
  milliseconds = 1_700_000_000_000;
  fault: Fault = 'none';
  readonly log = new RecordingLog();
  readonly memory: MemoryStore;
  readonly keys: KeyStore;
  private readonly clock = { now: (): number => this.milliseconds };

  constructor(concurrency: 'siblings' | 'compare-and-swap' = 'siblings') {
    this.memory = new MemoryStore({ concurrency, fault: () => this.fault });
    this.keys = new KeyStore(this.memory, this.clock);
  }

  process(writesInAnnounces = false): KeyPolicy {
    return new KeyPolicy({
      store: this.keys,
      clock: this.clock,
      random: seededRandom(1),
      log: this.log,
      seconds: 60,
      useSeconds: 300,
      peerLifetimeSeconds: 2700,
      retryInMinutes: 5,
      writesInAnnounces,
    });
  }

  async add(changes: Partial<KeyRecord> = {}): Promise<string> {
    const key = newKey();
    await this.keys.add(hashOfKey(key), {
      label: '',
      addedAt: this.milliseconds,
      expiresAt: undefined,
      maxTorrents: undefined,
      maxPeers: undefined,
      ...changes,
    });
    return key;
  }

  async stored(): Promise<StoredKey[]> {
    const all: StoredKey[] = [];
    for await (const key of this.keys.list()) all.push(key);
    return all;
  }
}

/** What a client is told; undefined if it is served. */
async function told(policy: KeyPolicy, request: AnnounceRequest): Promise<string | undefined> {
  return ((await policy.check(request)) ?? (await policy.admit(request)))?.message;
}

const peer = (number: number, changes: Partial<AnnounceRequest> = {}): AnnounceRequest =>
  announceRequest({ peerId: Buffer.from(`-TT0001-${String(number).padStart(12, '0')}`), ...changes });

for (const concurrency of ['siblings', 'compare-and-swap'] as const) {
  describe(`keys, on a store with ${concurrency}`, () => {
    let site: Site;
    beforeEach(() => {
      site = new Site(concurrency);
    });

    it('let in whoever has one that was added, and nobody else', async () => {
      const policy = site.process();
      const passkey = await site.add();
      expect(await told(policy, announceRequest({ passkey }))).to.equal(undefined);
      expect(await told(policy, announceRequest({ passkey: newKey() }))).to.equal(UNKNOWN);
      expect(await told(policy, announceRequest({ passkey: undefined }))).to.equal(MISSING);
    });

    it('are stored as hashes alone', async () => {
      const passkey = await site.add({ label: 'somebody' });
      const { keys } = await site.memory.keys({ from: 'policy.', to: 'policy.~' }, undefined, 10);
      for (const key of keys) {
        expect(key).to.not.contain(passkey);
        const { values } = await site.memory.fetch(key);
        for (const value of values) expect(Buffer.from(value).toString('latin1')).to.not.contain(passkey);
      }
      expect(keys).to.have.length(1);
    });

    it('are refused from when they expire', async () => {
      const policy = site.process();
      const passkey = await site.add({ expiresAt: site.milliseconds + 10_000 });
      expect(await told(policy, announceRequest({ passkey }))).to.equal(undefined);
      site.milliseconds += 10_000;
      expect(await told(policy, announceRequest({ passkey }))).to.match(/has expired$/);
    });

    it('that are added or revoked elsewhere are in force within LIST_SECONDS', async () => {
      const policy = site.process();
      const passkey = newKey();
      const request = announceRequest({ passkey });
      expect(await told(policy, request)).to.equal(UNKNOWN);
      await site.keys.add(hashOfKey(passkey), {
        label: '',
        addedAt: 1,
        expiresAt: undefined,
        maxTorrents: undefined,
        maxPeers: undefined,
      });
      site.milliseconds += 60_000;
      expect(await told(policy, request)).to.equal(undefined);
      expect(await site.keys.revoke(hashOfKey(passkey))).to.equal(true);
      expect(await told(policy, request)).to.equal(undefined);
      site.milliseconds += 60_000;
      expect(await told(policy, request)).to.equal(UNKNOWN);
      expect(await site.keys.revoke(hashOfKey(passkey))).to.equal(false);
    });

    it('cost a read at most twice in LIST_SECONDS, and no operation else', async () => {
      const policy = site.process();
      const passkey = await site.add();
      const before = { ...site.memory.operations };
      for (let second = 0; second < 60; second++) {
        for (let n = 0; n < 10; n++) await told(policy, peer(n, { passkey }));
        site.milliseconds += 1000;
      }
      await new Promise((resolve) => setImmediate(resolve));
      const { fetch, put, increment } = site.memory.operations;
      expect(fetch - before.fetch).to.be.at.most(2);
      expect([put - before.put, increment - before.increment]).to.deep.equal([0, 0]);
    });

    it('have the last answer in force, that there is a key or none, while the store is silent', async () => {
      const policy = site.process();
      const passkey = await site.add();
      const wrong = newKey();
      await told(policy, announceRequest({ passkey }));
      await told(policy, announceRequest({ passkey: wrong }));
      site.fault = 'before';
      for (let minute = 0; minute < 120; minute++) {
        site.milliseconds += 60_000;
        expect(await told(policy, announceRequest({ passkey }))).to.equal(undefined);
        expect(await told(policy, announceRequest({ passkey: wrong }))).to.equal(UNKNOWN);
      }
      expect(
        await rejectionOf(Promise.resolve(policy.check(announceRequest({ passkey: newKey() })))),
      ).to.be.instanceOf(Error);
      expect(site.log.lines.filter(({ event }) => event === 'keys not read')).to.have.length(1);
      expect(policy.figures().problem).to.not.equal(undefined);
      site.fault = 'none';
      site.milliseconds += 60_000;
      await told(policy, announceRequest({ passkey }));
      await new Promise((resolve) => setImmediate(resolve));
      expect(policy.figures().problem).to.equal(undefined);
    });

    it('that are wrong reach the store at a bounded rate, and leave the right ones as they are', async () => {
      const policy = site.process();
      const passkey = await site.add();
      await told(policy, announceRequest({ passkey }));
      const before = site.memory.operations.fetch;
      // 50,000 in a minute, from a hundred addresses.
      for (let n = 0; n < 50_000; n++) {
        site.milliseconds += n % 5 === 0 ? 6 : 0;
        const from = Uint8Array.of(198, 51, 100, n % 100);
        const reason = await told(policy, announceRequest({ passkey: `wrong-${n}-0123456789`, from }));
        expect(reason).to.be.oneOf([UNKNOWN, BUSY]);
      }
      expect(site.memory.operations.fetch - before).to.be.at.most(400 + 200 * 61);
      const reads = site.memory.operations.fetch;
      for (let n = 0; n < 1000; n++) {
        const from = Uint8Array.of(203, 0, 113, 1);
        await told(policy, announceRequest({ passkey: `more-${n}-01234567890`, from }));
      }
      expect(site.memory.operations.fetch - reads, 'of one address').to.be.at.most(51);
      expect(await told(policy, announceRequest({ passkey }))).to.equal(undefined);
      expect(policy.figures().unknown).to.be.at.most(MAX_ANSWERS);
      expect(policy.figures().known).to.equal(1);
    });

    it('are counted: announces, when they were seen last, and bytes', async () => {
      const policy = site.process();
      const passkey = await site.add();
      await told(policy, peer(1, { passkey, event: 'started' }));
      await told(policy, peer(1, { passkey, uploaded: 1000, downloaded: 50 }));
      await policy.writeDue();
      expect((await site.stored())[0]?.announces, 'not due yet').to.equal(0);
      site.milliseconds += 300_000;
      await policy.writeDue();
      await told(policy, peer(1, { passkey, uploaded: 3000, downloaded: 60 }));
      await policy.writeAll();
      const [key] = await site.stored();
      expect(key?.announces).to.equal(3);
      expect(key && bytesOf(key.use)).to.deep.equal({ up: 3000, down: 60 });
      expect(key?.use.lastSeen).to.equal(site.milliseconds);
      expect(policy.figures().unwritten).to.equal(0);
    });

    it('lose no bytes of a peer that goes on when a process is killed, and what several count is one', async () => {
      const passkey = await site.add();
      const first = site.process();
      await told(first, peer(1, { passkey, event: 'started' }));
      await first.writeAll();
      await told(first, peer(1, { passkey, uploaded: 1000 }));
      // It ends without a write.
      const [second, third] = [site.process(), site.process()];
      await told(second, peer(1, { passkey, uploaded: 1500 }));
      await told(third, peer(1, { passkey, uploaded: 1800 }));
      await Promise.all([second.writeAll(), third.writeAll()]);
      const [key] = await site.stored();
      expect(key && bytesOf(key.use).up).to.equal(1800);
      expect(key?.announces).to.equal(3);
    });

    it('are written once the store is back, and each announce is counted once', async () => {
      const policy = site.process();
      const passkey = await site.add();
      await told(policy, peer(1, { passkey, event: 'started' }));
      site.fault = 'before';
      await policy.writeAll();
      expect(policy.figures().unwritten).to.equal(1);
      await told(policy, peer(1, { passkey, uploaded: 70 }));
      site.fault = 'none';
      await policy.writeAll();
      const [key] = await site.stored();
      expect([key?.announces, key && bytesOf(key.use).up]).to.deep.equal([2, 70]);
      expect(site.log.lines.map(({ event }) => event)).to.deep.equal([
        'use of keys not written',
        'use of keys written again',
      ]);
    });

    it('are written within announces where a process may stand still between two of them', async () => {
      const policy = site.process(true);
      const passkey = await site.add();
      await told(policy, peer(1, { passkey, event: 'started' }));
      site.milliseconds += 300_000;
      await told(policy, peer(1, { passkey, uploaded: 7 }));
      expect((await site.stored())[0]?.announces).to.equal(2);
    });

    it('with a limit have so many peers at a time, by peer id and torrent', async () => {
      const policy = site.process();
      const passkey = await site.add({ maxPeers: 2 });
      expect(await told(policy, peer(1, { passkey }))).to.equal(undefined);
      expect(await told(policy, peer(2, { passkey }))).to.equal(undefined);
      expect(await told(policy, peer(2, { passkey, from: Uint8Array.of(192, 0, 2, 9) }))).to.equal(undefined);
      expect(await told(policy, peer(3, { passkey }))).to.equal(FULL);
      expect(await told(policy, peer(2, { passkey, infohash: Buffer.alloc(20, 9) }))).to.equal(FULL);
      expect(await told(policy, peer(1, { passkey, event: 'stopped' }))).to.equal(undefined);
      expect(await told(policy, peer(3, { passkey }))).to.equal(undefined);
      expect(await told(policy, peer(1, { passkey }))).to.equal(FULL);
      site.milliseconds += 2_701_000;
      expect(await told(policy, peer(1, { passkey }))).to.equal(undefined);
    });

    it('with a limit have so many torrents at a time, each with any number of peers', async () => {
      const policy = site.process();
      const passkey = await site.add({ maxTorrents: 2 });
      for (const [n, expected] of [
        [1, undefined],
        [2, undefined],
        [3, FULL],
        [1, undefined],
      ] as const) {
        const infohash = Buffer.alloc(20, n);
        expect(await told(policy, peer(1, { passkey, infohash }))).to.equal(expected);
        expect(await told(policy, peer(2, { passkey, infohash }))).to.equal(expected);
      }
    });

    it('have their limits in force in a process for peers of another, once both know', async () => {
      const [first, second] = [site.process(), site.process()];
      const passkey = await site.add({ maxPeers: 2 });
      await told(first, peer(1, { passkey }));
      await told(first, peer(2, { passkey }));
      await first.writeAll();
      expect(await told(second, peer(3, { passkey }))).to.equal(FULL);
      expect(await told(second, peer(2, { passkey }))).to.equal(undefined);
      await told(first, peer(1, { passkey, event: 'stopped' }));
      await first.writeAll();
      site.milliseconds += 60_000;
      expect(await told(second, peer(3, { passkey }))).to.equal(undefined);
    });
  });
}
