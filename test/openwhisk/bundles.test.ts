import { existsSync, statSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { expect } from 'chai';

import { firstAnnounceTime, loadTimes } from '../../scripts/lib/bundle-times.mjs';
import { trackerTypes } from '../riak-double/tracker-types.js';
import { startRiakDouble, type RiakDouble } from '../riak-double/double.js';
import { startProgram } from '../support/running-program.js';
import { announceOf, INFOHASH, queryOf, Reply } from '../tracker/tracker-harness.js';
import {
  ACTION_NAMES,
  BUILD_TIMEOUT_MS,
  bundlePath,
  ensureBuilt,
  type ActionName,
} from './support/bundles.js';

const ISOLATED = fileURLToPath(new URL('./support/isolated-bundle.cjs', import.meta.url));
const MEGABYTE = 1_048_576;

describe('the bundle of', function () {
  this.timeout(BUILD_TIMEOUT_MS);

  before(ensureBuilt);

  for (const name of ACTION_NAMES) {
    it(`${name} is at most 1 MB, its source map beside it`, () => {
      expect(statSync(bundlePath(name)).size).to.be.at.most(MEGABYTE);
      expect(existsSync(`${bundlePath(name)}.map`)).to.equal(true);
    });

    it(`${name} is loaded in no more time than Node itself takes to start with TLS`, () => {
      // How much of TLS is there without being loaded differs between Node's versions.
      const { bareMs, loadedMs } = loadTimes(bundlePath(name), 7, "require('node:tls')");
      expect(loadedMs / bareMs).to.be.at.most(2);
    });
  }

  it('announce answers its first announce in no more time than Node itself takes to start twice', () => {
    const { bareMs } = loadTimes(bundlePath('announce'), 3);
    expect(firstAnnounceTime(bundlePath('announce'))).to.be.at.most(bareMs * 2);
  });
});

describe('a bundle alone, without modules or files', function () {
  this.timeout(BUILD_TIMEOUT_MS);
  let riak: RiakDouble;

  before(ensureBuilt);

  beforeEach(async () => {
    riak = await startRiakDouble({ types: trackerTypes });
  });

  afterEach(() => riak.close());

  const resultOf = async (name: ActionName, parameters: object): Promise<Record<string, unknown>> => {
    const bound = { STORE: 'riak', RIAK_NODES: riak.addresses };
    const program = await startProgram(
      process.execPath,
      [ISOLATED, bundlePath(name), JSON.stringify({ ...bound, ...parameters })],
      {
        env: {
          __OW_API_HOST: 'http://127.0.0.1:9',
          __OW_API_KEY: 'a:b',
          __OW_ACTION_NAME: '/guest/tracker/purge',
        },
      },
    );
    await program.ended;
    expect(program.stderr, program.describe()).to.equal('');
    return JSON.parse(program.stdout) as Record<string, unknown>;
  };

  const replyOf = async (name: ActionName, query: string): Promise<Reply> => {
    const { body } = await resultOf(name, {
      __ow_method: 'get',
      __ow_headers: { 'x-original-uri': `/${name}?${query}`, 'x-real-ip': '192.0.2.1' },
      __ow_path: '',
      __ow_query: '',
      __ow_body: '',
    });
    return new Reply(Buffer.from(String(body), 'base64'));
  };

  it('announces', async () => {
    expect((await replyOf('announce', announceOf(1))).get('incomplete')).to.equal(1);
    expect(riak.keys('swarms', 'tracker')).to.deep.equal([INFOHASH.toString('hex')]);
  });

  it('scrapes', async () => {
    await replyOf('announce', announceOf(1));
    const reply = await replyOf('scrape', queryOf({ info_hash: INFOHASH }));
    const file = new Reply(reply.dictionary('files').get(INFOHASH.toString('hex')));
    expect(file.numbers()).to.include({ complete: 0, incomplete: 1 });
  });

  it('purges', async () => {
    await replyOf('announce', announceOf(1));
    const { done, report } = await resultOf('purge', {});
    expect(done).to.equal(true);
    expect(report).to.include({ swarms: 1, peers: 1, failures: 0 });
  });
});
