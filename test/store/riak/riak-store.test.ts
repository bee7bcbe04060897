import { randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { createServer, type AddressInfo, type Socket } from 'node:net';

import { expect } from 'chai';

import { StoreError, StoreUnavailableError } from '../../../lib/store/errors.js';
import { openRiakStore } from '../../../lib/store/riak/riak-store.js';
import type { Store } from '../../../lib/store/store.js';
import { startRiakDouble, type RiakDouble } from '../../riak-double/double.js';
import { encodeFrame } from '../../riak-double/framing.js';
import { Code } from '../../riak-double/messages.js';
import { rejectionOf } from '../../support/rejection.js';
import { optionsFor } from './support.js';

describe('the Riak store', () => {
  let double: RiakDouble;
  let store: Store;
  let key: string;

  beforeEach(async () => {
    double = await startRiakDouble();
    store = openRiakStore(optionsFor(double.nodes));
    key = randomBytes(20).toString('hex');
  });

  afterEach(async () => {
    await store.close();
    await double.close();
  });

  it('connects when the first call is made, not before', async () => {
    expect(double.nodes[0]?.connectionCount).to.equal(0);
    await store.fetch(key);
    expect(double.nodes[0]?.connectionCount).to.equal(1);
  });

  it('costs one operation a call', async () => {
    const { version } = await store.fetch(key);
    const put = await store.put(key, Buffer.from('one'), version);
    await store.put(key, Buffer.from('two'), put.version);
    await store.increment(key, 1);
    await store.count(key);
    expect(double.operations.byCode()).to.deep.equal({
      [Code.getRequest]: 1,
      [Code.putRequest]: 2,
      [Code.dataTypeUpdateRequest]: 1,
      [Code.dataTypeFetchRequest]: 1,
    });
  });

  it('answers the very bytes that were put if nobody else wrote', async () => {
    const value = Uint8Array.of(1, 2, 3);
    const put = await store.put(key, value);
    expect(put.values).to.have.length(1);
    expect(put.values[0]).to.equal(value);
  });

  it('answers the very bytes that were put among concurrent values', async () => {
    await store.put(key, Uint8Array.of(1));
    const value = Uint8Array.of(2);
    const put = await store.put(key, value);
    expect(put.values).to.have.length(2);
    expect(put.values).to.include(value);
  });

  it('shows equal concurrent values once, and the next put replaces both', async () => {
    await store.put(key, Uint8Array.of(7));
    const twice = await store.put(key, Uint8Array.of(7));
    expect(double.held('siblings', 'tracker', key)).to.have.length(2);
    expect(twice.values).to.have.length(1);
    await store.put(key, Uint8Array.of(8), twice.version);
    expect(double.held('siblings', 'tracker', key).map(({ value }) => [...value])).to.deep.equal([[8]]);
  });

  it('leaves tombstones out and keeps their version', async () => {
    const put = await store.put(key, Uint8Array.of(1));
    await store.remove(key, put.version ?? '');
    const held = await store.fetch(key);
    expect(held.values).to.deep.equal([]);
    expect(held.version).to.not.equal(undefined);
    await store.put(key, Uint8Array.of(2), held.version);
    expect(double.held('siblings', 'tracker', key)).to.deep.equal([
      { value: Buffer.of(2), tombstone: false },
    ]);
  });

  it('leaves out a tombstone that lies beside a value', async () => {
    const first = await store.put(key, Uint8Array.of(1));
    const second = await store.put(key, Uint8Array.of(2), first.version);
    await store.remove(key, first.version ?? '');
    expect(double.held('siblings', 'tracker', key).some(({ tombstone }) => tombstone)).to.equal(true);
    const held = await store.fetch(key);
    expect(held.values.map((value) => [...value])).to.deep.equal([[2]]);
    expect(held.version).to.not.deep.equal(second.version);
  });

  it('keeps no view of a frame as the version', async () => {
    // Longer than the memory that Node shares among small buffers (64 KiB from Node 24 on).
    const put = await store.put(key, new Uint8Array(100_000));
    const version = put.version;
    expect(Buffer.isBuffer(version) && version.buffer.byteLength).to.be.below(100_000);
  });

  it('refuses a version that is not of its making', async () => {
    expect(await rejectionOf(store.put(key, Uint8Array.of(1), 12))).to.be.instanceOf(StoreError);
    expect(await rejectionOf(store.remove(key, {}))).to.be.instanceOf(StoreError);
    expect(double.operations.count()).to.equal(0);
  });

  it('leaves the end of a range out although Riak includes it, and stops there', async () => {
    const keys = ['a0', 'a1', 'a2', 'a3'];
    for (const one of keys) await store.put(one, Uint8Array.of(1));
    expect(await store.keys({ from: 'a0', to: 'a2' }, undefined, 3)).to.deep.equal({ keys: ['a0', 'a1'] });
  });

  it('serves 200 calls at once over 4 connections', async () => {
    await store.close();
    store = openRiakStore(optionsFor(double.nodes, { maxConnections: 4, callTimeoutMs: 5000 }));
    const keys = Array.from({ length: 200 }, () => randomBytes(20).toString('hex'));
    let most = 0;
    await Promise.all(
      keys.map(async (one) => {
        await store.put(one, Buffer.from(one));
        most = Math.max(most, double.nodes[0]?.connectionCount ?? 0);
      }),
    );
    expect(most).to.equal(4);
    expect(double.operations.byCode()).to.deep.equal({ [Code.putRequest]: 200 });
  });

  it('refuses at once what the queue has no room for, and serves the rest', async () => {
    await store.close();
    store = openRiakStore(optionsFor(double.nodes, { maxConnections: 1, queueDepth: 5 }));
    await store.fetch(key);
    const node = double.nodes[0];
    if (node !== undefined) node.latency = () => 20;
    const results = await Promise.allSettled(Array.from({ length: 10 }, () => store.fetch(key)));
    expect(results.filter(({ status }) => status === 'fulfilled')).to.have.length(6);
    for (const result of results) {
      if (result.status === 'rejected') expect(result.reason).to.be.instanceOf(StoreUnavailableError);
    }
  });

  it('replaces a connection that was unused for longer than the idle timeout, before it is used', async () => {
    const accepted: Socket[] = [];
    const answered: number[] = [];
    const server = createServer((socket) => {
      const connection = accepted.push(socket);
      socket.on('data', () => {
        answered.push(connection);
        socket.write(encodeFrame(Code.getAnswer, Buffer.alloc(0)));
      });
    }).listen(0, '127.0.0.1');
    await once(server, 'listening');
    const { port } = server.address() as AddressInfo;
    let now = 1_000_000;
    const other = openRiakStore(
      optionsFor([{ host: '127.0.0.1', port }], { idleTimeoutMs: 1000, clock: { now: () => now } }),
    );
    await other.fetch(key);
    now += 900;
    await other.fetch(key);
    now += 15_000;
    await other.fetch(key);
    expect(answered).to.deep.equal([1, 1, 2]);
    await other.close();
    server.close();
  });

  it('settles a check if it can read, and rejects it if the bucket type is not there', async () => {
    await store.check();
    const other = openRiakStore(optionsFor(double.nodes, { swarmBucketType: 'nothing' }));
    const error = await rejectionOf(other.check());
    expect(error).to.be.instanceOf(StoreError);
    expect(error).to.not.be.instanceOf(StoreUnavailableError);
    await other.close();
  });

  it('spreads its calls over the nodes, few or many at once', async () => {
    const cluster = await startRiakDouble({ nodes: 3 });
    const spread = openRiakStore(optionsFor(cluster.nodes, { callTimeoutMs: 5000 }));
    for (let call = 0; call < 60; call += 1) await spread.fetch(key);
    for (const node of cluster.nodes) expect(node.operations.count(Code.getRequest)).to.be.at.least(10);
    await Promise.all(Array.from({ length: 300 }, () => spread.fetch(key)));
    for (const node of cluster.nodes) expect(node.operations.count(Code.getRequest)).to.be.at.least(80);
    await spread.close();
    await cluster.close();
  });

  it('leaves no connection open after close', async () => {
    await Promise.all(Array.from({ length: 8 }, () => store.fetch(key)));
    await store.close();
    await new Promise((resolve) => setTimeout(resolve, 20));
    expect(double.nodes[0]?.connectionCount).to.equal(0);
  });
});
