/**
 * What the recorded transcripts do not show of objects. Each behaviour is the one of riak_kv's
 * sources (riak_kv_pb_object, riak_kv_put_fsm, riak_kv_delete).
 */

import { expect } from 'chai';
import type { RiakDouble, RiakDoubleOptions } from './double.js';
import { startRiakDouble } from './double.js';
import type { DeleteRequest, GetRequest, PutRequest } from './messages.js';
import {
  Code,
  deleteRequest,
  errorAnswer,
  getAnswer,
  getRequest,
  putAnswer,
  putRequest,
} from './messages.js';
import { RawClient } from './raw-client.js';

const TYPE = Buffer.from('siblings');
const BUCKET = Buffer.from('swarms');
const KEY = Buffer.from('k');

type Answer = ReturnType<typeof getAnswer.decode>;

describe('objects of the Riak double', () => {
  let double: RiakDouble;
  let client: RawClient;
  let now = 0;

  async function start(options: RiakDoubleOptions = {}): Promise<void> {
    double = await startRiakDouble({ now: () => now, ...options });
    client = await RawClient.connect(double.nodes[0]?.port ?? 0);
  }

  afterEach(async () => {
    client.close();
    await double.close();
  });

  async function put(
    value: string,
    vclock?: Buffer,
    more: PutRequest = {},
  ): Promise<ReturnType<typeof putAnswer.decode>> {
    const content = { value: Buffer.from(value) };
    const request = { type: TYPE, bucket: BUCKET, key: KEY, content, vclock, return_body: true, ...more };
    const [frame] = await client.ask(Code.putRequest, putRequest.encode(request));
    if (frame?.code !== Code.putAnswer) throw new Error(failure(frame));
    return putAnswer.decode(frame.body);
  }

  async function get(more: GetRequest = {}): Promise<Answer> {
    const request = { type: TYPE, bucket: BUCKET, key: KEY, deletedvclock: true, ...more };
    const [frame] = await client.ask(Code.getRequest, getRequest.encode(request));
    if (frame?.code !== Code.getAnswer) throw new Error(failure(frame));
    return getAnswer.decode(frame.body);
  }

  async function remove(more: DeleteRequest = {}): Promise<void> {
    const request = { type: TYPE, bucket: BUCKET, key: KEY, ...more };
    const [frame] = await client.ask(Code.deleteRequest, deleteRequest.encode(request));
    if (frame?.code !== Code.deleteAnswer) throw new Error(failure(frame));
  }

  function failure(frame: { body: Buffer } | undefined): string {
    return frame === undefined ? 'no answer' : (errorAnswer.decode(frame.body).errmsg?.toString() ?? '');
  }

  async function rejection(act: Promise<unknown>): Promise<string> {
    return await act.then(
      () => 'none',
      (error: unknown) => (error instanceof Error ? error.message : 'no error'),
    );
  }

  function values(answer: { content?: Answer['content'] }): string[] {
    return (answer.content ?? []).map(({ value, deleted }) =>
      deleted === true ? 'tombstone' : String(value),
    );
  }

  it('are the same for every node of the cluster', async () => {
    await start({ nodes: 2 });
    await put('a');
    client.close();
    client = await RawClient.connect(double.nodes[1]?.port ?? 0);
    expect(values(await get())).to.deep.equal(['a']);
    expect(values(await put('b'))).to.deep.equal(['a', 'b']);
  });

  it('of a type without allow_mult have one value, the last that was written', async () => {
    await start();
    const plain = { type: Buffer.from('default') };
    await put('a', undefined, plain);
    expect(values(await put('b', undefined, plain))).to.deep.equal(['b']);
  });

  it('come without their values if only the head is asked for', async () => {
    await start();
    const { vclock } = await put('a', undefined, { return_body: false, return_head: true });
    const head = await get({ head: true });
    expect(values(head)).to.deep.equal(['']);
    expect(head.vclock).to.deep.equal(vclock);
  });

  it('are unchanged to a reader who names their version', async () => {
    await start();
    const { vclock } = await put('a');
    expect(await get({ if_modified: vclock })).to.deep.equal({ unchanged: true });
    await put('b', vclock);
    expect(values(await get({ if_modified: vclock }))).to.deep.equal(['b']);
  });

  it('written without a key are told the key that they got', async () => {
    await start();
    const { key } = await put('a', undefined, { key: undefined });
    expect(values(await get({ key }))).to.deep.equal(['a']);
  });

  it('are written if not modified only with the version of now, and only if they are there', async () => {
    await start();
    expect(await rejection(put('a', undefined, { if_not_modified: true }))).to.equal('notfound');
    const { vclock } = await put('a');
    expect(values(await put('b', vclock, { if_not_modified: true }))).to.deep.equal(['b']);
    expect(await rejection(put('c', vclock, { if_not_modified: true }))).to.equal('modified');
  });

  it('keep a value beside the tombstone of a delete that had not seen it', async () => {
    await start();
    const { vclock } = await put('a');
    await put('b');
    await remove({ vclock });
    now += 10_000;
    expect(values(await get()).sort()).to.deep.equal(['b', 'tombstone']);
  });

  it('deleted without a vclock are deleted as they are now', async () => {
    await start();
    await put('a');
    await put('b');
    await remove();
    expect(values(await get())).to.deep.equal([]);
  });

  it('tell the vclock of a tombstone only to who asks for it', async () => {
    await start();
    await put('a');
    await remove();
    expect((await get()).vclock).to.be.instanceOf(Buffer);
    expect((await get({ deletedvclock: false })).vclock).to.equal(undefined);
  });

  it('written over a tombstone with its vclock are one value, and stay when the tombstone would have gone', async () => {
    await start();
    await put('a');
    await remove();
    const { vclock } = await get();
    expect(values(await put('b', vclock))).to.deep.equal(['b']);
    now += 10_000;
    expect(values(await get())).to.deep.equal(['b']);
  });

  it('written blindly while a tombstone is there have it as a sibling', async () => {
    await start();
    await put('a');
    await remove();
    expect(values(await put('b')).sort()).to.deep.equal(['b', 'tombstone']);
  });

  it('that come back after their tombstone has gone are not covered by a vclock of their former life', async () => {
    await start();
    const { vclock: former } = await put('a');
    await remove();
    now += 3000;
    expect(await get()).to.deep.equal({});
    await put('b');
    expect(values(await put('c', former))).to.deep.equal(['b', 'c']);
  });

  it('keep their tombstones for good if Riak is set so', async () => {
    await start({ deleteMode: 'keep' });
    await put('a');
    await remove();
    now += 1e9;
    expect(double.held('siblings', 'swarms', 'k').map(({ tombstone }) => tombstone)).to.deep.equal([true]);
  });

  it('of a type without dvv keep every value that a writer had not seen all of', async () => {
    const type = Buffer.from('old');
    await start({ types: { old: { allowMult: true, dvvEnabled: false, nVal: 3 } } });
    const { vclock } = await put('a', undefined, { type });
    await put('b', undefined, { type });
    expect(values(await put('c', vclock, { type }))).to.deep.equal(['a', 'b', 'c']);
  });

  it('refuse a write that leaves more siblings than Riak allows, and keep what they had', async () => {
    await start({ maxSiblings: 2 });
    await put('a');
    await put('b');
    expect(await rejection(put('c'))).to.equal('{too_many_siblings,3}');
    expect(values(await get())).to.deep.equal(['a', 'b']);
    expect(double.peak).to.deep.equal({ siblings: 2, objectBytes: 2 });
  });

  it('refuse quorums above the number of copies, but not named quorums', async () => {
    await start();
    expect(await rejection(put('a', undefined, { w: 4 }))).to.equal('{n_val_violation,3}');
    expect(await rejection(get({ pr: 4 }))).to.equal('{n_val_violation,3}');
    expect(values(await put('a', undefined, { w: 0xffff_fffd }))).to.deep.equal(['a']);
  });

  it('refuse empty names', async () => {
    await start();
    expect(await rejection(get({ key: Buffer.alloc(0) }))).to.equal('Key cannot be zero-length');
    expect(await rejection(put('a', undefined, { bucket: Buffer.alloc(0) }))).to.equal(
      'Bucket cannot be zero-length',
    );
  });

  it('answer a vclock that is none with a crash and end the connection', async () => {
    await start();
    expect(await rejection(put('a', Buffer.from('nonsense')))).to.contain(
      'Error processing incoming message',
    );
    expect(await rejection(get())).to.contain('the connection ended');
  });
});
