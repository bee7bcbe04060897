/**
 * What the recorded transcripts do not show of data types. Error texts are those of
 * riak_kv_pb_crdt.
 */

import { expect } from 'chai';
import type { RiakDouble } from './double.js';
import { startRiakDouble } from './double.js';
import type { DataTypeOperation, DataTypeUpdateRequest } from './messages.js';
import {
  Code,
  dataTypeFetchAnswer,
  dataTypeFetchRequest,
  dataTypeUpdateAnswer,
  dataTypeUpdateRequest,
  deleteRequest,
  errorAnswer,
} from './messages.js';
import { RawClient } from './raw-client.js';

const PLACE = { bucket: Buffer.from('completed'), key: Buffer.from('k') };
const COUNTERS = Buffer.from('counters');
const SETS = Buffer.from('sets');

describe('data types of the Riak double', () => {
  let double: RiakDouble;
  let client: RawClient;

  beforeEach(async () => {
    double = await startRiakDouble();
    client = await RawClient.connect(double.nodes[0]?.port ?? 0);
  });

  afterEach(async () => {
    client.close();
    await double.close();
  });

  async function update(
    type: Buffer,
    op: DataTypeOperation,
    more: DataTypeUpdateRequest = {},
  ): Promise<ReturnType<typeof dataTypeUpdateAnswer.decode>> {
    const body = dataTypeUpdateRequest.encode({ ...PLACE, type, op, return_body: true, ...more });
    const [frame] = await client.ask(Code.dataTypeUpdateRequest, body);
    if (frame?.code === Code.dataTypeUpdateAnswer) return dataTypeUpdateAnswer.decode(frame.body);
    throw new Error(errorAnswer.decode(frame?.body ?? Buffer.alloc(0)).errmsg?.toString());
  }

  async function refusal(type: string, op: DataTypeOperation): Promise<string> {
    return await update(Buffer.from(type), op).then(
      () => 'none',
      (error: unknown) => (error instanceof Error ? error.message : 'no error'),
    );
  }

  async function fetchCounter(): Promise<number | undefined> {
    const body = dataTypeFetchRequest.encode({ ...PLACE, type: COUNTERS });
    const [frame] = await client.ask(Code.dataTypeFetchRequest, body);
    return dataTypeFetchAnswer.decode(frame?.body ?? Buffer.alloc(0)).value?.counter_value;
  }

  it('count down as well as up', async () => {
    await update(COUNTERS, { counter_op: { increment: 2 } });
    expect((await update(COUNTERS, { counter_op: { increment: -5 } })).counter_value).to.equal(-3);
    expect(double.counter('counters', 'completed', 'k')).to.equal(-3);
  });

  it('count one for an increment without an amount', async () => {
    expect((await update(COUNTERS, { counter_op: {} })).counter_value).to.equal(1);
  });

  it('that were deleted begin anew', async () => {
    await update(COUNTERS, { counter_op: { increment: 2 } });
    await client.ask(Code.deleteRequest, deleteRequest.encode({ ...PLACE, type: COUNTERS }));
    expect(await fetchCounter()).to.equal(undefined);
    expect(double.keys('counters', 'completed')).to.deep.equal([]);
  });

  it('updated without a key are told the key that they got', async () => {
    const { key } = await update(COUNTERS, { counter_op: { increment: 2 } }, { key: undefined });
    expect(double.counter('counters', 'completed', String(key))).to.equal(2);
  });

  it('keep in a set what was added after the context of a remove', async () => {
    const a = Buffer.from('a');
    const { context } = await update(SETS, { set_op: { adds: [a] } });
    await update(SETS, { set_op: { adds: [a] } });
    expect((await update(SETS, { set_op: { removes: [a] } }, { context })).set_value).to.deep.equal([a]);
  });

  it('refuse to remove from a set what is not in it', async () => {
    expect(await refusal('sets', { set_op: { removes: [Buffer.from('a')] } })).to.equal(
      '{precondition,{not_present,<<"a">>}}',
    );
  });

  it('refuse operations of another type, and types that do not fit or are not there', async () => {
    const increment = { counter_op: { increment: 1 } };
    expect(await refusal('sets', increment)).to.equal(
      'Operation type is `counter` but  bucket type is `set`.',
    );
    expect(await refusal('default', increment)).to.equal('Bucket must be allow_mult=true');
    expect(await refusal('nope', increment)).to.equal('Error no bucket type `<<"nope">>`');
  });
});
