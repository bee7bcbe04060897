import { readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';

import { expect } from 'chai';
import fc from 'fast-check';

import { Journal, type JournalOptions } from '../../../lib/store/lmdb/journal.js';
import { makeTempDir, removeTempDir } from '../../support/temp-dir.js';

const HEAD_BYTES = 24;

/** Bytes of a file: some groups of these tests. */
const SMALL = 300;
const LARGE = 1_000_000;

describe('the journal', function () {
  this.timeout(60_000);
  let directory: string;
  let opened: Journal[] = [];

  beforeEach(async () => {
    directory = await makeTempDir();
  });

  afterEach(async () => {
    await closeAll();
    await removeTempDir(directory);
  });

  function open(options: Partial<JournalOptions> = {}): Journal {
    const journal = new Journal({ directory, durability: 'flush', idleMs: 0, ...options });
    opened.push(journal);
    return journal;
  }

  async function closeAll(): Promise<void> {
    await Promise.all(opened.map((journal) => journal.idle()));
    await Promise.all(opened.map((journal) => journal.close()));
    opened = [];
  }

  async function files(): Promise<number[]> {
    const names = await readdir(directory);
    return names
      .flatMap((name) => /^journal\.(\d+)$/.exec(name)?.[1] ?? [])
      .map(Number)
      .sort((a, b) => a - b);
  }

  function pathOf(ordinal: number | undefined): string {
    return join(directory, `journal.${ordinal}`);
  }

  function group(n: number): Buffer {
    return Buffer.from(`group ${n} ${'x'.repeat(n % 7)}`);
  }

  /** Another group of the same length. */
  function other(n: number): Buffer {
    return Buffer.from(group(n).toString().replace('group', 'other'));
  }

  /** Appends groups from one number to another; `next` has given all of them then. */
  async function append(journal: Journal, from: number, to: number): Promise<void> {
    for (let n = from; n <= to; n++) {
      expect(await journal.append(n, group(n)), `${n}`).to.equal(true);
      expect(journal.next()).to.deep.equal({ n, group: group(n), isOwn: true });
    }
  }

  /** Number and content of all that `next` gives. */
  function read(journal: Journal): string[] {
    const found: string[] = [];
    for (let next = journal.next(); next !== undefined; next = journal.next()) {
      if (next === 'gone') throw new Error('gone');
      found.push(`${next.n} ${next.group.toString()}`);
    }
    return found;
  }

  function all(journal = open()): string[] {
    return journal.readAll().map(({ n, group }) => `${n} ${group.toString()}`);
  }

  function expected(from: number, to: number): string[] {
    return Array.from({ length: to - from + 1 }, (_, i) => `${from + i} ${group(from + i).toString()}`);
  }

  for (const durability of ['flush', 'commit'] as const) {
    for (const fileBytes of [SMALL, LARGE]) {
      it(`has one order for all processes, in which a group is where its process was told, with ${durability} and files of ${fileBytes} bytes`, async () => {
        const journals = [0, 1, 2].map(() => open({ durability, fileBytes }));
        const told = new Map<number, string>();
        const given = await Promise.all(journals.map((journal, i) => appendAndRead(journal, i, told)));
        const order = all();
        expect(order).to.deep.equal([...told].sort(([a], [b]) => a - b).map(([n, name]) => `${n} ${name}`));
        for (const [i, journal] of journals.entries()) {
          expect([...(given[i] ?? []), ...read(journal)]).to.deep.equal(order);
        }
        expect(order.length).to.be.at.least(40);
        if (fileBytes === SMALL) expect((await files()).length).to.be.greaterThan(5);
      });
    }
  }

  /** Tries to append 40 groups, while what others append is read in every turn of the event loop. @returns what `next` gave */
  async function appendAndRead(journal: Journal, own: number, told: Map<number, string>): Promise<string[]> {
    const given: string[] = [];
    let last = 0;
    const appending = { isDone: false };
    const follow = (): void => {
      for (let next = journal.next(); next !== undefined; next = journal.next()) {
        if (next === 'gone') throw new Error('gone');
        const name = next.group.toString();
        expect(next.isOwn, name).to.equal(name.startsWith(`${own} `));
        given.push(`${next.n} ${name}`);
        last = next.n;
      }
    };
    const others = (async () => {
      while (!appending.isDone) {
        await new Promise(setImmediate);
        follow();
      }
    })();
    for (let i = 0; i < 40; i++) {
      follow();
      const n = last + 1;
      const name = `${own} has ${i} ${'x'.repeat((i * 7) % 60)}`;
      if (!(await journal.append(n, Buffer.from(name)))) continue;
      expect(told.has(n), `${n}`).to.equal(false);
      told.set(n, name);
    }
    appending.isDone = true;
    await others;
    return given;
  }

  it('lets one of two processes append a number, though both write the same bytes', async () => {
    const [one, other] = [open(), open()];
    for (let n = 1; n <= 30; n++) {
      const appended = await Promise.all([one.append(n, group(n)), other.append(n, group(n))]);
      expect(appended.filter(Boolean)).to.have.length(1);
      expect([read(one), read(other)]).to.deep.equal([expected(n, n), expected(n, n)]);
    }
  });

  it('lets nobody append who has not read what others appended', async () => {
    const [one, other] = [open({ fileBytes: SMALL }), open({ fileBytes: SMALL })];
    await append(one, 1, 30);
    expect(await other.append(1, Buffer.from('late'))).to.equal(false);
    expect(read(other)).to.deep.equal(expected(1, 30));
    await append(other, 31, 31);
    expect(all()).to.deep.equal(expected(1, 31));
  });

  it('has all whole groups before the first byte that is wrong, and goes on there', async () => {
    await append(open(), 1, 5);
    await closeAll();
    const ordinal = (await files()).at(-1);
    const whole = await readFile(pathOf(ordinal));
    const ends = [0];
    for (let n = 1; n <= 5; n++) ends.push((ends.at(-1) ?? 0) + HEAD_BYTES + group(n).length);
    const written = ends.at(-1) ?? 0;
    expect(whole.subarray(written).every((byte) => byte === 0)).to.equal(true);
    await fc.assert(
      fc.asyncProperty(
        fc.nat({ max: written }),
        fc.uint8Array({ minLength: 1, maxLength: 40 }),
        fc.constantFrom('one byte', 'all that follow', 'the whole rest'),
        async (at, garbage, wrong) => {
          await closeAll();
          for (const each of await files()) if (each !== ordinal) await rm(pathOf(each));
          const bytes = Buffer.from(whole);
          if (wrong === 'one byte') bytes[at] = (bytes[at] ?? 0) ^ 1;
          else if (wrong === 'all that follow')
            bytes.set(
              garbage.map((byte) => byte | 1),
              at,
            );
          else bytes.fill(0, at);
          await writeFile(pathOf(ordinal), bytes);
          const left = ends.filter((end) => end <= at).length - 1;
          const early = open();
          expect(read(early)).to.deep.equal(expected(1, left));
          const writer = open();
          expect(read(writer)).to.deep.equal(expected(1, left));
          for (let n = left + 1; n <= 3; n++) {
            expect(await writer.append(n, other(n))).to.equal(true);
            writer.next();
          }
          const last = Math.max(left, 3);
          const now = [
            ...expected(1, left),
            ...Array.from(
              { length: last - left },
              (_, i) => `${left + 1 + i} ${other(left + 1 + i).toString()}`,
            ),
          ];
          expect(read(early)).to.deep.equal(now.slice(left));
          expect(all()).to.deep.equal(now);
        },
      ),
      { numRuns: 150 },
    );
  });

  it('removes files that nobody needs, but never the last group', async () => {
    const journal = open({ fileBytes: SMALL });
    await append(journal, 1, 60);
    journal.removeBefore(30);
    await journal.idle();
    const left = all(open({ fileBytes: SMALL }));
    expect(left.at(-1)).to.equal(expected(60, 60)[0]);
    const oldest = Number(left[0]?.split(' ')[0]);
    expect(oldest).to.be.within(20, 30);
    journal.removeBefore(61);
    await journal.idle();
    expect(all(open({ fileBytes: SMALL })).at(-1)).to.equal(expected(60, 60)[0]);
    expect((await files()).length).to.be.at.most(2);
    const after = open({ fileBytes: SMALL });
    after.readAll();
    await append(after, 61, 90);
  });

  for (const when of ['by who appended', 'after it is opened anew']) {
    it(`removes a file that had no room for a group, and those before it, ${when}`, async () => {
      let journal = open({ fileBytes: SMALL });
      await append(journal, 1, 8);
      await journal.idle();
      // The last one was made when the one before was half full.
      const skipped = (await files()).at(-1) ?? 0;
      expect(await journal.append(9, Buffer.alloc(2 * SMALL))).to.equal(true);
      journal.next();
      await append(journal, 10, 30);
      if (when === 'after it is opened anew') {
        await closeAll();
        journal = open({ fileBytes: SMALL });
        journal.readAll();
      }
      journal.removeBefore(9);
      await journal.idle();
      expect((await files())[0]).to.equal(skipped + 1);
      expect(open({ fileBytes: SMALL }).readAll()[0]?.n).to.equal(9);
    });
  }

  it('tells who slept that groups are gone, and gives the others when it is read anew', async () => {
    const [sleeper, journal] = [open({ fileBytes: SMALL }), open({ fileBytes: SMALL })];
    await append(journal, 1, 2);
    expect(read(sleeper)).to.deep.equal(expected(1, 2));
    await append(journal, 3, 60);
    journal.removeBefore(50);
    await journal.idle();
    expect(await sleeper.append(3, Buffer.from('late'))).to.equal(false);
    let next = sleeper.next();
    while (next !== undefined && next !== 'gone') next = sleeper.next();
    expect(next).to.equal('gone');
    const left = all(sleeper);
    expect(left).to.deep.equal(expected(61 - left.length, 60));
    await append(sleeper, 61, 61);
  });

  it('takes what is before a missing file for removed, and removes it', async () => {
    const journal = open({ fileBytes: SMALL });
    await append(journal, 1, 60);
    await closeAll();
    const ordinals = await files();
    await rm(pathOf(ordinals[3]));
    const reopened = open({ fileBytes: SMALL });
    const left = all(reopened);
    expect(left).to.deep.equal(expected(61 - left.length, 60));
    reopened.removeBefore(1 + 60 - left.length);
    await reopened.idle();
    expect(await files()).to.deep.equal(ordinals.slice(4));
  });

  it('notices that its file is gone', async () => {
    const journal = open();
    await append(journal, 1, 1);
    expect(journal.isInPlace()).to.equal(true);
    await rm(pathOf((await files()).at(-1)));
    expect(journal.isInPlace()).to.equal(false);
  });

  it('knows how many bytes came after a group', async () => {
    const journal = open();
    await append(journal, 1, 20);
    const sizes = [18, 19, 20].map((n) => HEAD_BYTES + group(n).length);
    expect(journal.bytesAfter(17)).to.equal(sizes.reduce((sum, size) => sum + size));
    expect(journal.bytesAfter(20)).to.equal(0);
    const reader = open();
    reader.readAll();
    expect(reader.bytesAfter(17)).to.equal(journal.bytesAfter(17));
  });
});
