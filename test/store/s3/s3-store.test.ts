import { expect } from 'chai';

import { openS3Store } from '../../../lib/store/s3/s3-store.js';
import type { S3StoreOptions } from '../../../lib/store/s3/options.js';
import { StoreError, StoreUnavailableError } from '../../../lib/store/errors.js';
import type { Store } from '../../../lib/store/store.js';
import { startS3Double, type S3Double } from '../../s3-double/double.js';
import { Cleanup } from '../../support/cleanup.js';
import { rejectionOf } from '../../support/rejection.js';
import { s3OptionsFor } from './support.js';

const keys = ['aa', 'ab', 'ab.1', 'ac'];
const value = Uint8Array.of(7);
const everything = { from: '0', to: 'g' };

describe('the store on S3', () => {
  const atEnd = new Cleanup();
  let double: S3Double;

  beforeEach(async () => {
    double = await startS3Double();
    atEnd.add(() => double.server.close());
  });
  afterEach(() => atEnd.run());

  function open(changes: Partial<S3StoreOptions> = {}): Store {
    const store = openS3Store(s3OptionsFor(double.server.url, changes));
    atEnd.add(() => store.close());
    return store;
  }

  function bodyOf(key: string): Buffer {
    const object = double.buckets.get('tracker')?.get(key);
    if (object === undefined) throw new Error(`no object ${key}`);
    return object.body;
  }

  async function removed(store: Store, ...removedKeys: readonly string[]): Promise<void> {
    for (const key of removedKeys) {
      const { version = '' } = await store.put(key, value);
      await store.remove(key, version);
    }
  }

  async function listed(store: Store): Promise<readonly string[]> {
    return (await store.keys(everything, undefined, 100)).keys;
  }

  it('has an object a shard and an object a count, under the prefix', async () => {
    const store = open({ prefix: 'a/b-' });
    for (const key of keys) await store.put(key, value);
    await store.increment('aa', 1);
    expect(double.keys()).to.deep.equal(['a/b-aa', 'a/b-ab', 'a/b-ab.1', 'a/b-ac', 'a/b-~counts/aa']);
  });

  it('has other bytes in front of the same value each time', async () => {
    const store = open();
    const put = await store.put('aa', value);
    const first = bodyOf('swarms/aa');
    await store.put('aa', value, put.version);
    const second = bodyOf('swarms/aa');
    expect(first).to.have.length(17);
    expect(second.subarray(16)).to.deep.equal(first.subarray(16));
    expect(second.subarray(0, 16)).to.not.deep.equal(first.subarray(0, 16));
  });

  it('leaves a tombstone of 15 bytes that is no key, and lists without reading objects', async () => {
    const store = open();
    await removed(store, 'aa', 'ab');
    await store.put('ac', value);
    expect(bodyOf('swarms/aa')).to.have.length(15);
    double.server.operations.clear();
    expect(await listed(store)).to.deep.equal(['ac']);
    expect([...double.server.operations]).to.deep.equal([['LIST', 1]]);
  });

  it('lists on behind pages that are nothing but tombstones', async () => {
    const store = open();
    await removed(store, 'aa', 'ab', 'ac', 'ad', 'ae');
    await store.put('af', value);
    expect((await store.keys(everything, undefined, 1)).keys).to.deep.equal(['af']);
  });

  it('deletes a removed object where that is safe, and the old tombstones that a listing passes', async () => {
    await removed(open(), 'aa', 'ab');
    const deletes = open({ removal: 'delete', tombstoneLifetimeMs: 60_000 });
    await removed(deletes, 'ac');
    expect(double.keys()).to.deep.equal(['swarms/aa', 'swarms/ab']);
    await listed(deletes);
    expect(double.keys()).to.deep.equal(['swarms/aa', 'swarms/ab']);
    const later = open({
      removal: 'delete',
      tombstoneLifetimeMs: 60_000,
      clock: { now: () => Date.now() + 61_000 },
    });
    await listed(later);
    expect(double.keys()).to.deep.equal([]);
  });

  it('leaves old tombstones where a DELETE is not known to be safe', async () => {
    const store = open({ tombstoneLifetimeMs: 0 });
    await removed(store, 'aa');
    await new Promise((resolve) => setTimeout(resolve, 5));
    await listed(store);
    expect(double.keys()).to.deep.equal(['swarms/aa']);
  });

  it('asks again when another conditional write is under way', async () => {
    const store = open();
    const { version = '' } = await store.put('aa', value);
    let conflicts = 3;
    double.server.fault = (name) =>
      name === 'PUT' && conflicts-- > 0
        ? { status: 409, body: '<Error><Code>ConditionalRequestConflict</Code></Error>' }
        : undefined;
    expect((await store.put('aa', value, version)).stored).to.equal(true);
    conflicts = 2;
    expect((await store.put('ab', value)).stored).to.equal(true);
    conflicts = 2;
    await store.remove('ab', (await store.fetch('ab')).version ?? '');
    expect((await store.fetch('ab')).values).to.deep.equal([]);
  });

  it('gives up on a server that refuses every write', async () => {
    const store = open({ callTimeoutMs: 5000 });
    double.server.fault = (name) => (name === 'PUT' ? { status: 412 } : undefined);
    expect(await rejectionOf(store.put('aa', value))).to.be.instanceOf(StoreUnavailableError);
  });

  it('takes a bucket that is not there for a mistake, not for an empty one', async () => {
    const store = open({ bucket: 'elsewhere' });
    const calls: (() => Promise<unknown>)[] = [
      () => store.fetch('aa'),
      () => store.put('aa', value),
      () => store.remove('aa', '"x"'),
      () => store.count('aa'),
      () => store.increment('aa', 1),
      () => listed(store),
      () => store.check(),
    ];
    for (const call of calls) {
      const error = await rejectionOf(call());
      expect(error).to.be.instanceOf(StoreError).and.not.instanceOf(StoreUnavailableError);
      expect((error as Error).message).to.include('NoSuchBucket');
    }
  });

  it('sends the increments of a process for one count together', async () => {
    const store = open();
    double.server.operations.clear();
    await Promise.all(Array.from({ length: 100 }, () => store.increment('aa', 1)));
    expect(await store.count('aa')).to.equal(100);
    expect(Object.fromEntries(double.server.operations)).to.deep.equal({ GET: 2, PUT: 1 });
  });

  it('takes no count for a number that is none', async () => {
    const store = open();
    const body = Buffer.concat([Buffer.alloc(16), Buffer.from('many')]);
    double.buckets.get('tracker')?.set('swarms/~counts/aa', { body, etag: '"x"', modified: 0 });
    expect(await rejectionOf(store.count('aa'))).to.be.instanceOf(StoreError);
    expect(await rejectionOf(store.increment('aa', 1))).to.be.instanceOf(StoreError);
  });
});
