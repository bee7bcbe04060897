import { expect } from 'chai';

import { ShardTable } from '../../../lib/store/lmdb/shard-table.js';
import { environmentOfEachTest } from './support/open-table.js';

describe('shards that could not be put into their places', () => {
  const opened = environmentOfEachTest();

  it('are tried again, each once, and are there in the end', async () => {
    const { environment } = opened();
    let isFull = true;
    const putAtOnce: string[][] = [];
    const turns = new Proxy(environment.turns, {
      get: (target, name) =>
        name === 'ifVersion' && isFull
          ? () => {
              throw new Error('the disk is full');
            }
          : (Reflect.get(target, name, target) as unknown),
    });
    const shards = new Proxy(environment.shards, {
      get: (target, name) => {
        const value: unknown = Reflect.get(target, name, target);
        if (typeof value !== 'function') return value;
        return (...given: unknown[]): unknown => {
          if (name === 'put') putAtOnce.at(-1)?.push(String(given[0]));
          return Reflect.apply(value, target, given) as unknown;
        };
      },
    });
    // All are to be put there as soon as anybody writes, and nobody has to wait for that.
    const limits = { recentBytes: 10_000, journalBytes: 1e6 };
    const table = new ShardTable({ shards, turns }, opened().openJournal({ slots: 64 }), limits);
    for (let i = 1; i <= 30; i++) await table.write(`k${i}`, undefined, Buffer.alloc(100, i), i);
    await table.idle();
    isFull = false;
    putAtOnce.push([]);
    await table.write('last', undefined, Buffer.alloc(100), 31);
    await table.idle();
    const [keys = []] = putAtOnce;
    expect(keys.length).to.be.greaterThan(20);
    expect(new Set(keys).size).to.equal(keys.length);
    for (const key of keys) expect(environment.shards.doesExist(key), key).to.equal(true);
  });
});

describe('shards that change while they are put into their places', () => {
  const opened = environmentOfEachTest();

  it('are put there as they were', async () => {
    const { environment } = opened();
    const given: { readonly value: Buffer; readonly then: Buffer }[] = [];
    let finish: () => void = () => undefined;
    const finished = new Promise<void>((resolve) => (finish = resolve));
    // LMDB reads on another thread, after the call: here as late as can be.
    const turns = new Proxy(environment.turns, {
      get: (target, name) => {
        const value: unknown = Reflect.get(target, name, target);
        if (name !== 'ifVersion') return value;
        return async (...args: Parameters<typeof target.ifVersion>): Promise<boolean> => {
          const taken = await target.ifVersion(...args);
          await finished;
          return taken;
        };
      },
    });
    const shards = new Proxy(environment.shards, {
      get: (target, name) => {
        const value: unknown = Reflect.get(target, name, target);
        if (typeof value !== 'function') return value;
        return (...args: unknown[]): unknown => {
          if (name === 'put') {
            const bytes = args[1] as Buffer;
            given.push({ value: bytes, then: Buffer.from(bytes) });
          }
          return Reflect.apply(value, target, args) as unknown;
        };
      },
    });
    const limits = { recentBytes: 6600, journalBytes: 1e6 };
    const table = new ShardTable({ shards, turns }, opened().openJournal({ slots: 64 }), limits);
    let version = 0;
    const write = (key: string, before?: number): Promise<unknown> => {
      version++;
      return table.write(key, before, Buffer.alloc(1000, version), version);
    };
    for (let i = 1; i <= 6; i++) await write(`k${i}`);
    for (let i = 1; i <= 4; i++) await write(`k${i}`, i);
    expect(given.length).to.be.greaterThan(3);
    for (const { value, then } of given) expect(value.equals(then)).to.equal(true);
    finish();
    await table.idle();
    for (let i = 1; i <= 4; i++) {
      expect((await table.read(`k${i}`)).values).to.deep.equal([Buffer.alloc(1000, 6 + i)]);
    }
  });
});
