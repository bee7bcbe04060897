import { expect } from 'chai';

import type { Finding } from '../../../../lib/finding.js';
import { createTable } from '../../../../lib/store/dynamodb/create.js';
import { examineDynamoDb } from '../../../../lib/store/dynamodb/examine/examine.js';
import type { DynamoDbStoreOptions } from '../../../../lib/store/dynamodb/options.js';
import {
  startDynamoDbDouble,
  type DynamoDbDouble,
  type DynamoDbDoubleOptions,
} from '../../../dynamodb-double/double.js';
import { Cleanup } from '../../../support/cleanup.js';
import { dynamoDbOptionsFor } from '../support.js';

describe('The examination of DynamoDB', function () {
  this.timeout(60_000);
  const atEnd = new Cleanup();
  let double: DynamoDbDouble;

  /** With the table `tracker` as it is to be. */
  async function start(server: DynamoDbDoubleOptions = {}): Promise<void> {
    double = await startDynamoDbDouble(server);
    atEnd.add(() => double.server.close());
    double.tables.clear();
    expect(await createTable(dynamoDbOptionsFor(double.server.url))).to.equal(true);
  }
  afterEach(() => atEnd.run());

  async function findings(changes: Partial<DynamoDbStoreOptions> = {}): Promise<Finding[]> {
    const found: Finding[] = [];
    const options = dynamoDbOptionsFor(double.server.url, { callTimeoutMs: 5000, ...changes });
    for await (const finding of examineDynamoDb(options)) found.push(finding);
    return found;
  }

  function wrongs(found: readonly Finding[]): string[] {
    return found
      .filter(({ verdict }) => verdict === 'wrong')
      .map(({ subject, detail, remedy = '' }) => `${subject}: ${detail}: ${remedy}`);
  }

  it('finds nothing wrong with a good server, and leaves nothing there', async () => {
    await start();
    const found = await findings();
    expect(found.map(({ verdict }) => verdict)).to.deep.equal(Array(7).fill('ok'));
    expect(double.keys()).to.deep.equal([]);
  });

  it('says how to make a table that is not there, or has other keys', async () => {
    await start();
    expect(wrongs(await findings({ table: 'elsewhere' })).join()).to.match(
      /ResourceNotFound.*deploy\/dynamodb\/create\.mjs/,
    );
    double.tables.set('other', {
      schema: [{ AttributeName: 'id', KeyType: 'HASH' }],
      items: new Map(),
    });
    expect(wrongs(await findings({ table: 'other' })).join()).to.match(/other keys than p/);
  });

  it('tells wrong credentials from a wrong clock, and a server that is not there from both', async () => {
    await start();
    const credentials = { accessKeyId: 'AKIDEXAMPLE', secretAccessKey: 'another' };
    expect(wrongs(await findings({ credentials })).join()).to.match(/SignatureDoesNotMatch.*AWS_SECRET/);
    double.server.clockAheadMs = -3_600_000;
    expect(wrongs(await findings()).join()).to.match(/3(59|60)\d s ahead of the server's.*NTP/);
    await double.server.close();
    expect(wrongs(await findings()).join()).to.match(/ECONNREFUSED.*AWS_ENDPOINT_URL/);
  });

  it('finds a server that lets several writers win', async () => {
    await start({ racyPut: true });
    expect(wrongs(await findings()).join()).to.match(/32 writers at once: lose .* in 10 of 10 rounds/);
    expect(double.keys()).to.deep.equal([]);
  });

  it('says what a key may not do, and does not mind if it may not describe the table', async () => {
    await start();
    const denied = { status: 400, body: '{"__type":"x#AccessDeniedException"}' };
    double.server.fault = (name) => (name === 'DescribeTable' ? denied : undefined);
    expect(wrongs(await findings())).to.deep.equal([]);
    double.server.fault = (name) => (name === 'Query' ? denied : undefined);
    expect(wrongs(await findings()).join()).to.match(/a query for keys: .*AccessDenied.*dynamodb:/);
  });
});
