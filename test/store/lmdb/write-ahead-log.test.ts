import {
  mkdirSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';

import { expect } from 'chai';
import fc from 'fast-check';

import * as logRecord from '../../../lib/store/lmdb/log-record.js';
import { StoreRefusedError } from '../../../lib/store/errors.js';
import { makeTempDir, removeTempDir } from '../../support/temp-dir.js';
import { empty, logFiles, openLog, writeLog } from './support/logs.js';

/** Batches of different lengths, each one other than the rest. */
const batches = fc
  .array(fc.integer({ min: 0, max: 900 }), { minLength: 1, maxLength: 30 })
  .map((lengths) => lengths.map((length, i) => `${i}:${'x'.repeat(length)}`));

describe('the write-ahead log', function () {
  this.timeout(120_000);
  let directory: string;

  beforeEach(async () => {
    directory = await makeTempDir();
  });
  afterEach(() => removeTempDir(directory));

  function path(name: string): string {
    return join(directory, name);
  }

  /** Where the records of a file begin and end. */
  function recordsOf(name: string): { start: number; end: number }[] {
    return [...logRecord.recordsOf(readFileSync(path(name)))];
  }

  function filesWithRecords(): string[] {
    return logFiles(directory).filter((name) => recordsOf(name).length > 0);
  }

  for (const durability of ['flush', 'commit'] as const) {
    it(`has what was appended, after any number of starts, with ${durability}`, async () => {
      await fc.assert(
        fc.asyncProperty(fc.array(batches, { minLength: 1, maxLength: 4 }), async (starts) => {
          empty(directory);
          const all: string[] = [];
          for (const more of starts) {
            const opened = openLog(directory, { durability });
            expect(opened.found).to.deep.equal(all);
            expect(opened.damage).to.equal(undefined);
            for (const text of more) await opened.append(text);
            all.push(...more);
            await opened.close();
          }
          const last = openLog(directory);
          expect(last.found).to.deep.equal(all);
          await last.close();
        }),
        { numRuns: 40 },
      );
    });
  }

  it('has all that was appended before a crash, whatever the crash left of the last record', async () => {
    await fc.assert(
      fc.asyncProperty(batches, fc.nat(), fc.boolean(), async (texts, cut, isGarbage) => {
        empty(directory);
        await writeLog(directory, texts);
        const name = filesWithRecords().at(-1) ?? '';
        const file = readFileSync(path(name));
        const { start = 0, end = 0 } = recordsOf(name).at(-1) ?? {};
        // The start of the record is there, and then zeros or what was in these blocks before.
        const at = start + (cut % (end - start));
        for (let i = at; i < end; i++) file[i] = isGarbage ? (file[i] ?? 0) ^ 0xa5 : 0;
        writeFileSync(path(name), file);
        const opened = openLog(directory);
        expect(opened.damage).to.equal(undefined);
        expect(opened.found).to.deep.equal(texts.slice(0, -1));
        await opened.append('after');
        await opened.close();
        const again = openLog(directory);
        expect(again.damage).to.equal(undefined);
        expect(again.found).to.deep.equal([...texts.slice(0, -1), 'after']);
        await again.close();
      }),
      { numRuns: 150 },
    );
  });

  it('tells what a flipped bit has cost, and has all the rest', async () => {
    await fc.assert(
      fc.asyncProperty(batches, fc.nat(), fc.nat({ max: 7 }), async (texts, where, bit) => {
        empty(directory);
        await writeLog(directory, texts);
        const files = filesWithRecords();
        const all = files.flatMap((name) => recordsOf(name).map((record) => ({ name, ...record })));
        const index = where % all.length;
        const { name, start, end } = all[index] ?? { name: '', start: 0, end: 0 };
        const file = readFileSync(path(name));
        const at = start + (where % (end - start));
        file[at] = (file[at] ?? 0) ^ (1 << bit);
        writeFileSync(path(name), file);

        const opened = openLog(directory);
        const rest = texts.filter((_, i) => i !== index);
        expect(opened.found).to.deep.equal(rest);
        expect(opened.beforeLoss).to.equal(index === texts.length - 1 ? rest.length : index);
        if (index === texts.length - 1) expect(opened.damage).to.equal(undefined);
        else {
          expect(opened.damage).to.deep.equal({
            recordsLost: 1,
            bytesUnread: end - start,
            recordsAfter: texts.length - index - 1,
          });
        }
        await opened.close();
      }),
      { numRuns: 300 },
    );
  });

  it('never fails or loops, and takes no record twice or out of order, whatever was done to its files', async () => {
    const deed = fc.oneof(
      fc.record({
        kind: fc.constant('overwrite'),
        file: fc.nat(),
        at: fc.nat(),
        length: fc.nat({ max: 3000 }),
      }),
      fc.record({ kind: fc.constant('cut'), file: fc.nat(), at: fc.nat(), length: fc.constant(0) }),
      fc.record({ kind: fc.constant('delete'), file: fc.nat(), at: fc.constant(0), length: fc.constant(0) }),
      fc.record({
        kind: fc.constant('copy'),
        file: fc.nat(),
        at: fc.integer({ min: 1, max: 99 }),
        length: fc.nat(),
      }),
    );
    await fc.assert(
      fc.asyncProperty(batches, fc.array(deed, { minLength: 1, maxLength: 4 }), async (texts, deeds) => {
        empty(directory);
        await writeLog(directory, texts);
        for (const { kind, file, at, length } of deeds) {
          const names = logFiles(directory);
          const name = names[file % Math.max(names.length, 1)];
          if (name === undefined) break;
          const bytes = readFileSync(path(name));
          const start = at % Math.max(bytes.length, 1);
          if (kind === 'overwrite')
            writeFileSync(path(name), bytes.fill('junk', start, Math.min(start + length, bytes.length)));
          if (kind === 'cut') writeFileSync(path(name), bytes.subarray(0, start));
          if (kind === 'delete') rmSync(path(name));
          if (kind === 'copy') writeFileSync(path(`journal.${at}`), bytes);
        }
        const opened = openLog(directory);
        const numbers = opened.found.map((text) => Number(text.split(':')[0]));
        expect(numbers).to.deep.equal([...new Set(numbers)].sort((a, b) => a - b));
        expect(opened.found).to.deep.equal(numbers.map((n) => texts[n]));
        await opened.append('after');
        await opened.close();
        const again = openLog(directory);
        expect(again.found).to.deep.equal([...opened.found, 'after']);
        await again.close();
      }),
      { numRuns: 300 },
    );
  });

  it('leaves files alone that only look like its own', async () => {
    await writeLog(directory, ['one']);
    const strangers = [
      'journal.99999999999999999999',
      'journal.01',
      'journal.1.bak',
      'journal.x',
      'journal.',
    ];
    for (const name of strangers) writeFileSync(path(name), 'not of the log');
    const opened = openLog(directory);
    expect(opened.found).to.deep.equal(['one']);
    expect(opened.damage).to.equal(undefined);
    for (let i = 0; i < 40; i++) await opened.append(`${i}`.repeat(500));
    opened.wal.removeBefore(Infinity);
    await opened.close();
    for (const name of strangers) expect(readFileSync(path(name), 'utf8')).to.equal('not of the log');
  });

  it('reads a file once though there is a copy of it under a later number, and keeps the copy', async () => {
    await writeLog(directory, ['one', 'two']);
    const copy = readFileSync(path('journal.1'));
    writeFileSync(path('journal.20261130'), copy);
    const opened = openLog(directory);
    expect(opened.found).to.deep.equal(['one', 'two']);
    expect(opened.damage).to.equal(undefined);
    await opened.append('three');
    opened.wal.removeBefore(Infinity);
    expect(filesWithRecords()).to.deep.equal(['journal.1', 'journal.20261130', 'journal.20261131']);
    opened.wal.setDamagedAside();
    expect(filesWithRecords()).to.deep.equal(['journal.20261131']);
    expect(readFileSync(path('journal.20261130.damaged')).equals(copy)).to.equal(true);
    expect(opened.log.lines).to.deep.include({
      level: 'warn',
      event: 'damaged file set aside',
      fields: { file: path('journal.20261130.damaged') },
    });
    await opened.close();
  });

  it('tells of a file that is missing, by the numbers of the records', async () => {
    await writeLog(
      directory,
      Array.from({ length: 30 }, (_, i) => `${i}`.padEnd(500)),
    );
    const [, second = ''] = filesWithRecords();
    const missing = recordsOf(second).length;
    renameSync(path(second), path('elsewhere'));
    const opened = openLog(directory);
    expect(opened.found).to.have.length(30 - missing);
    expect(opened.damage).to.include({ recordsLost: missing, bytesUnread: 0 });
    await opened.close();
  });

  it('removes files that nobody needs, but never the one with the last record', async () => {
    const opened = openLog(directory);
    const files: number[] = [];
    for (let i = 0; i < 30; i++) files.push(await opened.append(`${i}`.padEnd(500)));
    opened.wal.removeBefore(files[20] ?? 0);
    await opened.wal.idle();
    const some = openLog(directory);
    expect(some.found.map(Number)).to.include(20).and.not.include(5);
    expect(some.damage).to.equal(undefined);
    await some.close();
    opened.wal.removeBefore(Infinity);
    await opened.close();
    const last = openLog(directory);
    expect(last.found.map(Number)).to.include(29);
    await last.close();
  });

  it('keeps a damaged file, under another name once it is needed no more', async () => {
    await writeLog(
      directory,
      Array.from({ length: 30 }, (_, i) => `${i}`.padEnd(500)),
    );
    const [first = ''] = logFiles(directory).filter((name) => recordsOf(name).length > 0);
    const damaged = readFileSync(path(first)).fill('junk', 100, 200);
    writeFileSync(path(first), damaged);
    const opened = openLog(directory);
    expect(opened.damage).to.include({ recordsLost: 1 });
    await opened.append('after');
    opened.wal.removeBefore(Infinity);
    expect(readFileSync(path(first)).equals(damaged)).to.equal(true);
    writeFileSync(path(`${first}.damaged`), 'of an earlier loss');
    opened.wal.setDamagedAside();
    await opened.close();
    expect(filesWithRecords()).to.have.length(1);
    expect(readFileSync(path(`${first}.damaged+`)).equals(damaged)).to.equal(true);
    expect(readFileSync(path(`${first}.damaged`), 'utf8')).to.equal('of an earlier loss');
  });

  it('does not search for long among bytes that look like records', async () => {
    const fake = Buffer.alloc(20);
    fake.write('JRNL');
    fake.writeUInt32LE(500_000, 8);
    fake.writeDoubleLE(7, 12);
    const file = Buffer.alloc(1_000_000);
    for (let at = 8; at + 20 < file.length; at += 20) fake.copy(file, at);
    writeFileSync(path('journal.1'), file);
    const startMs = performance.now();
    await openLog(directory).close();
    // Without a bound it is 50,000 checksums of half a megabyte, some seconds at best.
    expect(performance.now() - startMs).to.be.below(2000);
  });

  it('appends to files of its own, and leaves those that it finds as they are', async () => {
    await writeLog(directory, ['one']);
    const file = readFileSync(path('journal.1'));
    file.write('something', 3000);
    writeFileSync(path('journal.1'), file);
    await writeLog(directory, ['two']);
    expect(readFileSync(path('journal.1')).equals(file)).to.equal(true);
    const opened = openLog(directory);
    expect(opened.found).to.deep.equal(['one', 'two']);
    expect(opened.damage).to.equal(undefined);
    await opened.close();
  });

  it('needs no more descriptors than it had at the start, for whatever is appended', async () => {
    const opened = openLog(directory, { durability: 'flush' });
    await opened.append('first');
    await opened.wal.idle();
    const before = openDescriptors();
    for (let i = 0; i < 60; i++) await opened.append(`${i}`.padEnd(500));
    await opened.wal.idle();
    expect(openDescriptors()).to.be.at.most(before);
    await opened.close();
  });

  it('follows no link, and says so', async () => {
    await writeLog(directory, ['one']);
    renameSync(path('journal.1'), path('elsewhere'));
    symlinkSync(path('elsewhere'), path('journal.1'));
    expect(() => openLog(directory)).to.throw(StoreRefusedError, 'is a link');
  });

  it('makes a file for a record that is longer than files are', async () => {
    const long = 'long'.repeat(5000);
    await writeLog(directory, ['one', long, 'two']);
    const opened = openLog(directory);
    expect(opened.found).to.deep.equal(['one', long, 'two']);
    await opened.close();
  });

  it('lets its files be read by nobody else', async () => {
    await writeLog(directory, ['one']);
    expect(statSync(path('journal.1')).mode & 0o137).to.equal(0);
  });

  it('goes on after the making of a file was interrupted', async () => {
    writeFileSync(path('journal.1'), Buffer.alloc(100));
    await writeLog(directory, ['one']);
    const opened = openLog(directory);
    expect(opened.found).to.deep.equal(['one']);
    expect(opened.damage).to.equal(undefined);
    await opened.close();
  });

  it('says why it cannot read a file of its own', () => {
    mkdirSync(path('journal.1'));
    expect(() => openLog(directory)).to.throw('EISDIR');
  });
});

function openDescriptors(): number {
  return process.platform === 'linux' ? readdirSync('/proc/self/fd').length : 0;
}
