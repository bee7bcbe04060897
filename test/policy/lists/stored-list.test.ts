import { expect } from 'chai';

import { INDEX_KEY } from '../../../lib/policy/lists/list-index.js';
import { ListStore } from '../../../lib/policy/lists/list-store.js';
import { StoredList } from '../../../lib/policy/lists/stored-list.js';
import { StoreUnavailableError } from '../../../lib/store/errors.js';
import { defined } from '../../support/defined.js';
import { MemoryStore, type Fault } from '../../support/memory-store.js';
import { RecordingLog } from '../../support/recording-log.js';
import { rejectionOf } from '../../support/rejection.js';
import { hashes } from './support.js';

const NOTHING = Buffer.alloc(0);

describe('the list as a process knows it', () => {
  let milliseconds: number;
  let fault: Fault;
  let store: MemoryStore;
  let log: RecordingLog;
  const clock = { now: (): number => milliseconds };

  beforeEach(() => {
    milliseconds = 1_700_000_000_000;
    fault = 'none';
    store = new MemoryStore({ concurrency: 'siblings', fault: () => fault });
    log = new RecordingLog();
  });

  const writer = (): ListStore => new ListStore(store, clock);
  const known = (whole: boolean): StoredList =>
    new StoredList({ store: new ListStore(store, clock), clock, log, seconds: 60, whole });

  it('costs nothing but one read of the index in half of LIST_SECONDS', async () => {
    await writer().replace(hashes(0, 9000));
    const list = known(true);
    await list.reload();
    const before = store.operations.fetch;
    for (let second = 0; second < 300; second++) {
      milliseconds += 1000;
      expect(list.has(hashes(1, 2))).to.equal(true);
      expect(list.has(hashes(9001, 9002))).to.equal(false);
      await new Promise(setImmediate);
    }
    expect(store.operations.fetch - before).to.equal(10);
    expect(list.state()).to.include({ entries: 9000, problem: undefined });
  });

  it('reads of a change the parts that changed, and no others', async () => {
    await writer().replace(hashes(0, 9000));
    const list = known(true);
    await list.reload();
    await writer().edit(hashes(10_000, 10_001), NOTHING);
    const before = store.operations.fetch;
    await list.reload();
    expect(store.operations.fetch - before).to.equal(2);
    expect(list.has(hashes(10_000, 10_001))).to.equal(true);
  });

  it('has a change in force within LIST_SECONDS, in a process that stood still, too', async () => {
    const list = known(false);
    expect(await list.has(hashes(1, 2))).to.equal(false);
    await writer().edit(hashes(1, 2), NOTHING);
    milliseconds += 60_000;
    expect(await list.has(hashes(1, 2))).to.equal(true);
  });

  it('takes two reads in a process that lives for a moment, however long the list is', async () => {
    await writer().replace(hashes(0, 9000));
    const list = known(false);
    const before = store.operations.fetch;
    expect(await list.has(hashes(5, 6))).to.equal(true);
    expect(store.operations.fetch - before).to.equal(2);
    expect(list.has(hashes(5, 6))).to.equal(true);
  });

  it('reads a part that was replaced meanwhile from the new list', async () => {
    await writer().replace(hashes(0, 9000));
    const list = known(false);
    await list.reload();
    await writer().replace(hashes(5000, 6000));
    expect(await list.has(hashes(1, 2))).to.equal(false);
    expect(await list.has(hashes(5001, 5002))).to.equal(true);
  });

  it('stays in force while the store is silent', async () => {
    await writer().edit(hashes(1, 2), NOTHING);
    const list = known(true);
    await list.reload();
    fault = 'before';
    milliseconds += 86_400_000;
    expect(await list.has(hashes(1, 2))).to.equal(true);
    expect(list.state().problem).to.be.instanceOf(StoreUnavailableError);
    expect(list.state().knownAt).to.equal(1_700_000_000_000);
    expect(log.lines.map(({ event }) => event)).to.deep.equal(['torrent list not read']);
  });

  it('stays in force as a whole when the store falls silent in the middle of a change', async () => {
    await writer().replace(hashes(0, 9000));
    const list = known(true);
    await list.reload();
    await writer().replace(hashes(9000, 18_000));
    let reads = 0;
    const fetch = store.fetch.bind(store);
    store.fetch = (key) => {
      reads += 1;
      fault = reads > 3 ? 'before' : 'none';
      return fetch(key);
    };
    await rejectionOf(list.reload());
    milliseconds += 1000;
    expect(list.has(hashes(1, 2))).to.equal(true);
    expect(list.has(hashes(9001, 9002))).to.equal(false);
  });

  it('is no list at all before the store has answered once', async () => {
    fault = 'before';
    const list = known(true);
    expect(await rejectionOf(Promise.resolve(list.has(hashes(1, 2))))).to.be.instanceOf(
      StoreUnavailableError,
    );
    expect(list.state().entries).to.equal(undefined);
  });

  it('is not given up for a store that has lost it', async () => {
    await writer().edit(hashes(1, 2), NOTHING);
    const list = known(true);
    await list.reload();
    const { version } = await store.fetch(INDEX_KEY);
    await store.remove(INDEX_KEY, defined(version));
    await rejectionOf(list.reload());
    expect(list.has(hashes(1, 2))).to.equal(true);
  });
});
