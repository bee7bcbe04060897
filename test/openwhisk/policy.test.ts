import { expect } from 'chai';

import { ClientStore } from '../../lib/policy/clients/client-store.js';
import { hashOfKey, newKey } from '../../lib/policy/keys/key-record.js';
import { KeyStore } from '../../lib/policy/keys/key-store.js';
import { bytesOf, type KeyUse } from '../../lib/policy/keys/key-use.js';
import { ListStore } from '../../lib/policy/lists/list-store.js';
import { systemClock } from '../../lib/environment.js';
import { openRiakStore } from '../../lib/store/riak/riak-store.js';
import type { Store } from '../../lib/store/store.js';
import { optionsFor } from '../store/riak/support.js';
import { eventually } from '../support/eventually.js';
import { queryOf } from '../tracker/tracker-harness.js';
import { DeployedTracker, SECRET } from './support/deployed-tracker.js';

const A = Buffer.alloc(20, 0xaa);
const B = Buffer.alloc(20, 0xbb);

describe('policies of the deployed actions', function () {
  this.timeout(180_000);
  let tracker: DeployedTracker;
  let store: Store;

  before(async () => {
    tracker = await DeployedTracker.start({
      settings: {
        LIST_MODE: 'deny',
        CLIENT_MODE: 'deny',
        KEYS: 'on',
        LIST_SECONDS: '1',
        KEY_USE_SECONDS: '1',
      },
    });
    store = openRiakStore(
      optionsFor(tracker.riak.nodes, {
        swarmBucketType: 'swarms',
        swarmBucket: 'tracker',
        countBucketType: 'counts',
        countBucket: 'tracker',
        callTimeoutMs: 10_000,
      }),
    );
  });

  after(async () => {
    await store.close();
    await tracker.dispose();
  });

  /** The reason of a refusal, as the gateway would pass it on; undefined if it is served. */
  async function refusal(path: string, infohash: Buffer, more = {}): Promise<string | undefined> {
    const query = queryOf({
      info_hash: infohash,
      peer_id: '-TT0001-abcdefghijkl',
      port: 6881,
      left: 1,
      ...more,
    });
    const action = path.endsWith('scrape') ? 'scrape' : 'announce';
    const answer = await tracker.requestPast(action, {
      'X-Original-URI': `${path}?${query}`,
      'X-Real-IP': '192.0.2.1',
      'X-Require-Whisk-Auth': SECRET,
    });
    const body = answer.body.toString('latin1');
    if (!/8:interval|5:files|failure reason/.test(body)) throw new Error(body);
    return /failure reason\d+:(.*)8:retry in/.exec(body)?.[1];
  }

  it('are those that a command has written to Riak, within LIST_SECONDS', async () => {
    const passkey = newKey();
    expect(await refusal('/announce', A)).to.equal('this tracker needs a personal announce URL');
    expect(await refusal('/scrape', A)).to.equal('this tracker needs a personal announce URL');
    expect(await refusal(`/${passkey}/announce`, A)).to.equal('the key in the announce URL is not known');
    const keys = new KeyStore(store, systemClock);
    await keys.add(hashOfKey(passkey), {
      label: '',
      addedAt: systemClock.now(),
      expiresAt: undefined,
      maxTorrents: undefined,
      maxPeers: undefined,
    });
    await new ListStore(store, systemClock).edit(B, Buffer.alloc(0));
    await new ClientStore(store, systemClock).edit(['-TR2'], []);
    const announce = `/${passkey}/announce`;
    await eventually(
      'the key is known',
      10_000,
      async () => (await refusal(announce, A, { event: 'started' })) === undefined,
    );
    await eventually('the list is known', 10_000, async () => (await refusal(announce, B)) !== undefined);
    expect(await refusal(announce, B)).to.equal('this tracker does not serve this torrent');
    const old = { peer_id: '-TR2940-abcdefghijkl' };
    await eventually(
      'the clients are known',
      10_000,
      async () => (await refusal(announce, A, old)) !== undefined,
    );
    expect(await refusal(announce, A, old)).to.equal(
      'this tracker does not serve Transmission 2.9.4 (-TR2940-)',
    );
    expect(await refusal(`/${passkey}/scrape`, A)).to.equal(undefined);
    // What a process has noted is written by an announce that comes later.
    const use = await eventually('the use is written', 20_000, async (): Promise<KeyUse | undefined> => {
      await refusal(announce, A, { uploaded: 500 });
      const read = await keys.use(hashOfKey(passkey));
      return bytesOf(read).up === 500 ? read : undefined;
    });
    expect(use.lastSeen).to.be.closeTo(systemClock.now(), 60_000);
    await keys.revoke(hashOfKey(passkey));
    await eventually('the key is revoked', 10_000, async () => (await refusal(announce, A)) !== undefined);
    expect(await refusal(announce, A)).to.equal('the key in the announce URL is not known');
  });
});
