import { expect } from 'chai';

import { StoreError, StoreUnavailableError } from '../../lib/store/errors.js';
import { exposition, PROMETHEUS_TEXT } from '../../lib/stats/exposition.js';
import { MeasuredStore } from '../../lib/stats/measured-store.js';
import { storeConformance } from '../store/conformance.js';
import { MemoryStore, type Fault } from '../support/memory-store.js';
import { rejectionOf } from '../support/rejection.js';

const VALUE = Buffer.from('value');

for (const concurrency of ['siblings', 'compare-and-swap'] as const) {
  storeConformance(`measured, on memory with ${concurrency}`, () => {
    const store = new MeasuredStore(new MemoryStore({ concurrency }));
    return Promise.resolve({ store, close: () => store.close() });
  });
}

function linesOf(store: MeasuredStore, pattern: RegExp): string[] {
  const text = [...exposition(store.families(), PROMETHEUS_TEXT)].join('');
  return text.split('\n').filter((line) => pattern.test(line) && !line.startsWith('#'));
}

describe('a measured store', () => {
  it('counts calls by operation and outcome, and passes failures on as they are', async () => {
    let fault: Fault = 'none';
    const inner = new MemoryStore({ concurrency: 'siblings', fault: () => fault });
    const store = new MeasuredStore(inner);
    await store.put('key', VALUE);
    await store.fetch('key');
    fault = 'before';
    expect(await rejectionOf(store.fetch('key'))).to.be.instanceOf(StoreUnavailableError);
    await store.close();
    expect(await rejectionOf(store.fetch('key'))).to.be.instanceOf(StoreError);
    expect(linesOf(store, /store_calls_total\{operation="(fetch|put)"/)).to.deep.equal([
      'bittorrent_tracker_store_calls_total{operation="fetch",outcome="answered"} 1',
      'bittorrent_tracker_store_calls_total{operation="fetch",outcome="unavailable"} 1',
      'bittorrent_tracker_store_calls_total{operation="fetch",outcome="failed"} 1',
      'bittorrent_tracker_store_calls_total{operation="put",outcome="answered"} 1',
      'bittorrent_tracker_store_calls_total{operation="put",outcome="unavailable"} 0',
      'bittorrent_tracker_store_calls_total{operation="put",outcome="failed"} 0',
    ]);
  });

  it('times each call until it is answered', async () => {
    let now = 0;
    const inner = new MemoryStore({
      concurrency: 'siblings',
      schedule: () => {
        now += 30;
        return Promise.resolve();
      },
    });
    const store = new MeasuredStore(inner, () => now);
    await store.check();
    expect(linesOf(store, /duration_seconds_(sum|count).*check/)).to.deep.equal([
      'bittorrent_tracker_store_call_duration_seconds_sum{operation="check"} 0.06',
      'bittorrent_tracker_store_call_duration_seconds_count{operation="check"} 1',
    ]);
  });

  it('counts siblings where a store keeps them, and lost races where it does not', async () => {
    const siblings = new MeasuredStore(new MemoryStore({ concurrency: 'siblings' }));
    await siblings.put('key', VALUE);
    await siblings.put('key', Buffer.from('other'));
    await siblings.fetch('key');
    expect(linesOf(siblings, /siblings_total|lost_races_total/)).to.deep.equal([
      'bittorrent_tracker_store_siblings_total 2',
      'bittorrent_tracker_store_lost_races_total 0',
    ]);
    const swap = new MeasuredStore(new MemoryStore({ concurrency: 'compare-and-swap' }));
    await swap.put('key', VALUE);
    expect((await swap.put('key', Buffer.from('other'))).stored).to.equal(false);
    expect(linesOf(swap, /siblings_total|lost_races_total/)).to.deep.equal([
      'bittorrent_tracker_store_siblings_total 0',
      'bittorrent_tracker_store_lost_races_total 1',
    ]);
  });

  it('forgets counts only if the store can', () => {
    const inner = new MemoryStore({ concurrency: 'siblings' });
    expect(new MeasuredStore(inner).removeCount).to.be.a('function');
    const keeps = Object.assign(new MemoryStore({ concurrency: 'siblings' }), { removeCount: undefined });
    expect(new MeasuredStore(keeps).removeCount).to.equal(undefined);
  });
});
