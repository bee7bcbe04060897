import { execFileSync } from 'node:child_process';
import { createRequire } from 'node:module';
import { fileURLToPath, pathToFileURL } from 'node:url';

import { expect } from 'chai';

import { startRiakDouble } from '../../riak-double/double.js';

const require = createRequire(import.meta.url);
const root = fileURLToPath(new URL('../../..', import.meta.url));

/** The client as it is published, as far as this test calls it. */
interface StockClient {
  storeValue(options: object, callback: (error: unknown, answer: StockAnswer) => void): void;
  updateCounter(options: object, callback: (error: unknown, answer: { counterValue: number }) => void): void;
  stop(callback: (error: unknown) => void): void;
}

interface StockAnswer {
  readonly values: readonly { readonly value: Buffer }[];
}

type StockClientClass = new (
  nodes: string[],
  ready: (error: unknown, client: StockClient) => void,
) => StockClient;

describe('basho-riak-client with its dependencies replaced', () => {
  it('works as it is published: a put with its body asked back, a counter, an option that is refused', async () => {
    const double = await startRiakDouble();
    const { Client } = require('basho-riak-client') as { Client: StockClientClass };
    const client = await new Promise<StockClient>((resolve, reject) => {
      new Client([double.addresses], (error, ready) => {
        if (error === null || error === undefined) resolve(ready);
        else reject(new Error('it cannot connect', { cause: error }));
      });
    });
    const place = { bucketType: 'siblings', bucket: 'tracker', key: 'aa' };
    const stored = await new Promise<StockAnswer>((resolve) => {
      client.storeValue({ ...place, value: Buffer.of(1, 2), returnBody: true }, (_error, answer) => {
        resolve(answer);
      });
    });
    expect(stored.values.map(({ value }) => [...value])).to.deep.equal([[1, 2]]);
    const counted = await new Promise<{ counterValue: number }>((resolve) => {
      client.updateCounter(
        { ...place, bucketType: 'counters', increment: 5, returnBody: true },
        (_error, answer) => {
          resolve(answer);
        },
      );
    });
    expect(counted.counterValue).to.equal(5);
    expect(() => {
      client.storeValue({ ...place, value: 'x', w: 'many' }, () => undefined);
    }).to.throw(/"w" must be a number/);
    await new Promise((resolve) => {
      client.stop(resolve);
    });
    await double.close();
  });

  it('has no version left with a published hole', () => {
    const clientRequire = createRequire(require.resolve('basho-riak-client'));
    const versionOf = (name: string): string =>
      (clientRequire(`${name}/package.json`) as { version: string }).version;
    const nameOf = (name: string): string => (clientRequire(`${name}/package.json`) as { name: string }).name;
    expect(nameOf('joi')).to.equal('@hapi/joi');
    expect(versionOf('joi')).to.equal('15.1.1');
    expect(versionOf('async')).to.equal('2.6.4');
    expect(versionOf('winston')).to.equal('2.4.7');
    expect(versionOf('protobufjs')).to.equal('5.0.3');
  });
});

describe('the Riak store and the definitions of the client', () => {
  it('loads them with the first call, not before', () => {
    const store = pathToFileURL(`${root}lib/store/riak/riak-store.ts`).href;
    const program = `
      import { openRiakStore } from ${JSON.stringify(store)};
      import { createRequire } from 'node:module';
      const { cache } = createRequire(import.meta.url);
      const loaded = () => Object.keys(cache).some((file) => file.includes('basho-riak-client'));
      const silent = () => undefined;
      const log = { error: silent, warn: silent, info: silent, debug: silent };
      const store = openRiakStore({ nodes: [{ host: '127.0.0.1', port: 1 }], log, clock: Date, random: Math.random,
        callTimeoutMs: 100, connectTimeoutMs: 100, replicaTimeoutMs: 50, queueDepth: 1, maxConnections: 1, idleTimeoutMs: 1,
        swarmBucketType: 'a', swarmBucket: 'b', countBucketType: 'c', countBucket: 'd', keysTimeoutMs: 1 });
      const before = loaded();
      await store.check().catch(silent);
      await store.close();
      console.log(before, loaded());
    `;
    const output = execFileSync(process.execPath, ['--import', 'tsx', '--input-type=module', '-e', program], {
      cwd: root,
      encoding: 'utf8',
      stdio: ['ignore', 'pipe', 'inherit'],
    });
    expect(output.trim()).to.equal('false true');
  });
});
