import { expect } from 'chai';
import fc from 'fast-check';

import { parseConfig } from '../../lib/config.js';
import { HttpFront } from '../../lib/http/front.js';
import { readPrefixes } from '../../lib/policy/clients/client-prefixes.js';
import { CLIENTS_KEY, ClientStore } from '../../lib/policy/clients/client-store.js';
import { readKeys } from '../../lib/policy/commands/key.js';
import { createPolicy } from '../../lib/policy/create-policy.js';
import {
  encodeRecord,
  hashOfKey,
  newestRecord,
  newKey,
  recordKey,
  useKey,
  type KeyRecord,
} from '../../lib/policy/keys/key-record.js';
import { KeyStore } from '../../lib/policy/keys/key-store.js';
import { decodeUse, encodeUse, NO_USE } from '../../lib/policy/keys/key-use.js';
import { INDEX_KEY, ListError, PART_KEYS } from '../../lib/policy/lists/list-index.js';
import { ListStore } from '../../lib/policy/lists/list-store.js';
import { readList } from '../../lib/policy/lists/list-text.js';
import { StoredList } from '../../lib/policy/lists/stored-list.js';
import { MemoryStore } from '../support/memory-store.js';
import { RecordingLog } from '../support/recording-log.js';
import { hashes } from './lists/support.js';
import { jsonMutants, mutants } from './support/mutants.js';

const clock = { now: (): number => 1_700_000_000_000 };
const NOTHING = Buffer.alloc(0);
const RECORD: KeyRecord = {
  label: 'somebody',
  addedAt: 1_700_000_000_000,
  expiresAt: 1_800_000_000_000,
  maxTorrents: 3,
  maxPeers: undefined,
};

/** What it gives; undefined if it refuses with an error that has a name and words of its own. */
function readOrRefused<T>(read: () => T): T | undefined {
  try {
    return read();
  } catch (error) {
    if (!(error instanceof ListError)) throw error;
    expect(error.message).to.not.equal('');
    return undefined;
  }
}

async function replace(store: MemoryStore, key: string, value: Uint8Array): Promise<void> {
  await store.put(key, value, (await store.fetch(key)).version);
}

async function valueOf(store: MemoryStore, key: string): Promise<Buffer> {
  return Buffer.from((await store.fetch(key)).values[0] ?? NOTHING);
}

describe('a stored list that is not what a tracker writes', () => {
  const ENTRIES = 9000;
  const before = hashes(0, ENTRIES);
  const after = hashes(ENTRIES, 2 * ENTRIES);

  /** A store with the second list, a process that knows the first one, and what is stored. */
  async function site(): Promise<{ store: MemoryStore; list: StoredList; keys: readonly string[] }> {
    const store = new MemoryStore({ concurrency: 'compare-and-swap' });
    const list = new StoredList({
      store: new ListStore(store, clock),
      clock,
      log: new RecordingLog(),
      seconds: 60,
      whole: true,
    });
    await new ListStore(store, clock).replace(before);
    await list.reload();
    await new ListStore(store, clock).replace(after);
    await new ListStore(store, clock).edit(hashes(1, 3), hashes(ENTRIES, ENTRIES + 2));
    const { keys } = await store.keys(PART_KEYS, undefined, 1000);
    return { store, list, keys };
  }

  /** Which of the lists is in force: every infohash is asked for. */
  async function inForce(list: StoredList): Promise<readonly boolean[]> {
    const answers: boolean[] = [];
    for (const sorted of [before, after]) {
      for (let at = 0; at < sorted.length; at += 20 * 50) {
        answers.push(await list.has(sorted.subarray(at, at + 20)));
      }
    }
    return answers;
  }

  it('is refused by name, and the one before stays in force as a whole', async function () {
    this.timeout(120_000);
    const { store, keys } = await site();
    const index = JSON.parse((await valueOf(store, INDEX_KEY)).toString()) as object;
    const parts = await Promise.all(keys.map((key) => valueOf(store, key)));
    await fc.assert(
      fc.asyncProperty(
        fc.oneof(mutants([Buffer.from(JSON.stringify(index))]), jsonMutants([index])),
        mutants([...parts, parts[0] ?? NOTHING]),
        fc.constantFrom('index', 'part', 'both'),
        fc.nat({ max: keys.length - 1 }),
        async (badIndex, badPart, which, number) => {
          const fresh = await site();
          const old = await inForce(fresh.list);
          if (which !== 'part') await replace(fresh.store, INDEX_KEY, badIndex);
          if (which !== 'index') await replace(fresh.store, fresh.keys[number] ?? '', badPart);
          const isRead = await fresh.list.reload().then(
            () => true,
            (error: unknown) => {
              if (!(error instanceof ListError)) throw error;
              return false;
            },
          );
          const now = await inForce(fresh.list);
          // Whatever was changed in an index that is one still: its parts are all of the new list.
          if (!isRead) expect(now).to.deep.equal(old);
          else if (now.some((isListed, i) => isListed !== old[i])) {
            expect(now.slice(0, old.length / 2).some((isListed) => isListed)).to.equal(false);
          }
        },
      ),
      { numRuns: 60 },
    );
  });

  it('is not changed by commands, which say why', async function () {
    this.timeout(120_000);
    const { store } = await site();
    const index = JSON.parse((await valueOf(store, INDEX_KEY)).toString()) as object;
    await fc.assert(
      fc.asyncProperty(fc.oneof(mutants([NOTHING]), jsonMutants([index])), async (badIndex) => {
        const fresh = await site();
        await replace(fresh.store, INDEX_KEY, badIndex);
        const list = new ListStore(fresh.store, clock);
        for (const work of [
          () => list.has(before.subarray(0, 20)),
          () => list.edit(hashes(50_000, 50_001), NOTHING),
          () => list.index(),
        ]) {
          await work().catch((error: unknown) => {
            if (!(error instanceof ListError)) throw error;
          });
        }
      }),
      { numRuns: 60 },
    );
  });

  it("with two parts in each other's places is refused", async () => {
    const { store, list } = await site();
    const index = JSON.parse((await valueOf(store, INDEX_KEY)).toString()) as {
      parts: unknown[];
    };
    expect(index.parts.length).to.be.above(1);
    index.parts.reverse();
    const old = await inForce(list);
    await replace(store, INDEX_KEY, Buffer.from(JSON.stringify(index)));
    const error = await list.reload().catch((reason: unknown) => reason);
    expect(error).to.be.instanceOf(ListError);
    expect(await inForce(list)).to.deep.equal(old);
  });
});

describe('a change of a stored list that is no infohashes', () => {
  it('is refused by name, and not made by whoever writes next', async () => {
    for (const added of ['AAAA', hashes(0, 2).subarray(0, 39).toString('base64')]) {
      const store = new MemoryStore({ concurrency: 'siblings' });
      const list = new ListStore(store, clock);
      await list.replace(hashes(0, 3));
      const { version, values } = await store.fetch(INDEX_KEY);
      await list.edit(hashes(10, 11), NOTHING);
      const late = JSON.parse(Buffer.from(values[0] ?? NOTHING).toString()) as object;
      const edits = [{ id: 'e', added, removed: '' }];
      await store.put(INDEX_KEY, Buffer.from(JSON.stringify({ ...late, edits })), version);
      expect((await store.fetch(INDEX_KEY)).values).to.have.length(2);
      for (const work of [() => list.edit(hashes(20, 21), NOTHING), () => list.index()]) {
        expect(await work().catch((error: unknown) => error)).to.be.instanceOf(ListError);
      }
    }
  });
});

describe('a stored list of clients that is not what a tracker writes', () => {
  it('is refused by name, or is a list', async () => {
    const store = new MemoryStore({ concurrency: 'compare-and-swap' });
    await new ClientStore(store, clock).replace(['-TR4', '-qB']);
    const good = await valueOf(store, CLIENTS_KEY);
    await fc.assert(
      fc.asyncProperty(
        fc.oneof(mutants([good]), jsonMutants([JSON.parse(good.toString()) as object])),
        async (bad) => {
          await replace(store, CLIENTS_KEY, bad);
          await new ClientStore(store, clock).read().catch((error: unknown) => {
            if (!(error instanceof ListError)) throw error;
          });
        },
      ),
      { numRuns: 500 },
    );
  });
});

describe('a stored key that is not what a tracker writes', () => {
  const good = encodeRecord(RECORD);
  const records = fc.oneof(mutants([good]), jsonMutants([JSON.parse(good.toString()) as object]));
  const use = encodeUse({
    ...NO_USE,
    lastSeen: 1_700_000_000_000,
    sessions: new Map([
      [
        'ab'.repeat(20),
        {
          seen: 1_700_000_000,
          isStopped: false,
          generation: 0,
          up: { closed: 0, lowest: 1, highest: 5 },
          down: { closed: 0, lowest: 0, highest: 9 },
        },
      ],
    ]),
  });

  it('is refused by name, or is a key', () => {
    fc.assert(
      fc.property(fc.array(records, { minLength: 1, maxLength: 2 }), (values) => {
        const record = readOrRefused(() => newestRecord(values));
        if (record === undefined) return;
        expect(record.label).to.be.a('string');
        for (const number of [record.expiresAt, record.maxTorrents, record.maxPeers]) {
          if (number !== undefined) expect(Number.isSafeInteger(number)).to.equal(true);
        }
      }),
      { numRuns: 2000 },
    );
  });

  it('or what it was used for, is refused by name, or is what it was used for', () => {
    fc.assert(
      fc.property(mutants([use]), (bytes) => {
        const read = readOrRefused(() => decodeUse(bytes));
        if (read !== undefined) expect(encodeUse(read)).to.be.instanceOf(Buffer);
      }),
      { numRuns: 2000 },
    );
  });
});

describe('a file for import', () => {
  const hash = 'ab'.repeat(20);
  const files = [
    `${hash}\n# a comment\n${'CC'.repeat(32)}\nmagnet:?xt=urn:btih:${hash}\n`,
    `chihaya:\n  prehooks:\n  - options:\n      whitelist:\n      - "${hash}"\n      blacklist: [${hash}]\n`,
    'd4:infod6:lengthi1e4:name1:x12:piece lengthi16384e6:pieces20:aaaaaaaaaaaaaaaaaaaaee',
    '-TR4050- Transmission\n-qB\n; a comment\nwhitelist:\n- "OP1011"\n',
    `${newKey()} somebody\n# a comment\n${newKey()}\n`,
  ].map((text) => Buffer.from(text));

  it('is a list, or is refused with a word on why', () => {
    fc.assert(
      fc.property(mutants(files), fc.constantFrom('allow', 'deny' as const), (bytes, kind) => {
        const list = readOrRefused(() => readList(bytes, kind));
        if (list !== undefined) expect(list.length % 20).to.equal(0);
        const prefixes = readOrRefused(() => readPrefixes(bytes.toString(), kind));
        for (const prefix of prefixes ?? []) expect(prefix).to.match(/^[!-~]{1,20}$/);
        for (const { key } of readOrRefused(() => readKeys(bytes.toString())) ?? []) {
          expect(key).to.match(/^[\w.~-]{16,128}$/);
        }
      }),
      { numRuns: 3000 },
    );
  });
});

describe('a request to the path of a key', () => {
  const key = newKey();
  const query = `info_hash=${'%aa'.repeat(20)}&peer_id=-TT0001-abcdefghijkl&port=6881&left=1`;

  it('is served with a right key alone, whatever it looks like, and never an internal error', async function () {
    this.timeout(60_000);
    const store = new MemoryStore({ concurrency: 'compare-and-swap' });
    await new KeyStore(store, clock).add(hashOfKey(key), { ...RECORD, maxTorrents: undefined });
    const log = new RecordingLog();
    const config = parseConfig({ KEYS: 'on' });
    const components = { config, store, clock, random: (): number => 0.5, log };
    const policy = createPolicy(components, 'long');
    const front = new HttpFront({ ...components, ...(policy && { policy }) });
    const targets = mutants(
      [`/${key}/announce?${query}`, `/${key}/scrape?info_hash=${'%aa'.repeat(20)}`, `/announce?${query}`].map(
        (target) => Buffer.from(target),
      ),
    ).map((bytes) => bytes.toString('latin1'));
    await fc.assert(
      fc.asyncProperty(targets, fc.constantFrom('announce', 'scrape' as const), async (target, action) => {
        const from = Uint8Array.of(192, 0, 2, 1);
        const reply = await front[action](target, from).catch((error: unknown) => front.failure(error));
        const text = reply.toString('latin1');
        expect(text).to.match(/^d(14:failure reason|5:files|8:complete)/);
        if (!text.startsWith('d14:failure reason')) expect(target).to.match(new RegExp(`^/${key}/`));
      }),
      { numRuns: 3000 },
    );
    expect(log.lines.filter(({ event }) => event === 'internal error')).to.deep.equal([]);
    // Of what was asked for nothing was kept but what the right key did.
    const { keys } = await store.keys({ from: 'policy.', to: 'policy.~' }, undefined, 100);
    expect(keys.every((name) => [recordKey(hashOfKey(key)), useKey(hashOfKey(key))].includes(name))).to.equal(
      true,
    );
  });
});
