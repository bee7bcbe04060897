import { expect } from 'chai';

import { openDynamoDbStore } from '../../../lib/store/dynamodb/dynamodb-store.js';
import type { DynamoDbStoreOptions } from '../../../lib/store/dynamodb/options.js';
import { StoreError, StoreUnavailableError } from '../../../lib/store/errors.js';
import type { Store } from '../../../lib/store/store.js';
import {
  startDynamoDbDouble,
  type DynamoDbDouble,
  type DynamoDbDoubleOptions,
} from '../../dynamodb-double/double.js';
import { Cleanup } from '../../support/cleanup.js';
import { rejectionOf } from '../../support/rejection.js';
import { dynamoDbOptionsFor } from './support.js';

const value = Uint8Array.of(7);
const everything = { from: '0', to: 'g' };

describe('the store on DynamoDB', () => {
  const atEnd = new Cleanup();
  let double: DynamoDbDouble;

  async function open(
    changes: Partial<DynamoDbStoreOptions> = {},
    server: DynamoDbDoubleOptions = {},
  ): Promise<Store> {
    double = await startDynamoDbDouble(server);
    atEnd.add(() => double.server.close());
    const store = openDynamoDbStore(dynamoDbOptionsFor(double.server.url, changes));
    atEnd.add(() => store.close());
    return store;
  }
  afterEach(() => atEnd.run());

  it('has an item a shard and an item a count, in partitions of two digits', async () => {
    const store = await open();
    await store.put('ab12.1', value);
    await store.increment('ab12', 2);
    expect([...(double.tables.get('tracker')?.items.keys() ?? [])]).to.deep.equal(['ab/ab12.1', '#ab/ab12']);
  });

  for (const [shows, operations] of [
    [true, { PutItem: 1 }],
    [false, { PutItem: 1, GetItem: 1 }],
  ] as const) {
    it(`learns in ${shows ? 'one request' : 'two requests'} what was put before it, as the server shows it ${shows ? '' : 'not'}`, async () => {
      const store = await open({}, { showsItem: shows });
      await store.put('aa', value);
      double.server.operations.clear();
      const late = await store.put('aa', Uint8Array.of(8));
      expect(late.stored).to.equal(false);
      expect([...late.values].map((one) => [...one])).to.deep.equal([[7]]);
      expect(Object.fromEntries(double.server.operations)).to.deep.equal(operations);
    });
  }

  it('asks every partition of a range, and no other one', async () => {
    const store = await open();
    await store.put('10aa', value);
    await store.put('12aa', value);
    double.server.operations.clear();
    expect(await store.keys({ from: '10', to: '13' }, undefined, 10)).to.deep.equal({
      keys: ['10aa', '12aa'],
    });
    expect(double.server.operations.get('Query')).to.equal(3);
    double.server.operations.clear();
    await store.keys(everything, undefined, 10);
    expect(double.server.operations.get('Query')).to.equal(256);
  });

  it('goes on behind a cursor in the middle of a swarm, whose key is gone', async () => {
    const store = await open();
    for (const key of ['aa', 'aa.1', 'aa.10', 'aa.2', 'ab']) await store.put(key, value);
    const { version = '' } = await store.fetch('aa.1');
    await store.remove('aa.1', version);
    expect((await store.keys(everything, 'aa.1', 2)).keys).to.deep.equal(['aa.10', 'aa.2']);
  });

  it('takes a table that is not there for a mistake', async () => {
    const store = await open({ table: 'elsewhere' });
    const calls: (() => Promise<unknown>)[] = [
      () => store.fetch('aa'),
      () => store.put('aa', value),
      () => store.increment('aa', 1),
      () => store.check(),
    ];
    for (const call of calls) {
      const error = await rejectionOf(call());
      expect(error).to.be.instanceOf(StoreError).and.not.instanceOf(StoreUnavailableError);
      expect((error as Error).message).to.include('ResourceNotFoundException');
    }
  });

  it('refuses a value that is too large for an item, and an item that is no shard', async () => {
    const store = await open();
    const error = await rejectionOf(store.put('aa', new Uint8Array(401 * 1024)));
    expect((error as Error).message).to.include('ValidationException');
    double.tables.get('tracker')?.items.set('ab/ab', { p: { S: 'ab' }, k: { S: 'ab' } });
    expect(await rejectionOf(store.fetch('ab'))).to.be.instanceOf(StoreError);
  });

  it('takes an answer that is no JSON for no answer', async () => {
    const store = await open();
    double.server.fault = () => ({ status: 200, body: '<html>' });
    expect(await rejectionOf(store.fetch('aa'))).to.be.instanceOf(StoreUnavailableError);
  });
});
