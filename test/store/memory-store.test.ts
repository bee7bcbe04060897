import { storeConformance } from './conformance.js';

import { MemoryStore } from '../support/memory-store.js';

for (const concurrency of ['siblings', 'compare-and-swap'] as const) {
  storeConformance(`memory with ${concurrency}`, () => {
    const store = new MemoryStore({ concurrency });
    return Promise.resolve({ store, close: () => store.close() });
  });
}
