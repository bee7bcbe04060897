import { openRiakStore } from '../../../lib/store/riak/riak-store.js';
import { startRiakDouble } from '../../riak-double/double.js';
import { storeConformance } from '../conformance.js';
import { optionsFor } from './support.js';

for (const nodes of [1, 3]) {
  storeConformance(`Riak, a double of ${nodes} node(s)`, async () => {
    const double = await startRiakDouble({ nodes, deleteMode: { afterMs: 0 } });
    const store = openRiakStore(optionsFor(double.nodes, { callTimeoutMs: 5000 }));
    return {
      store,
      close: async () => {
        await store.close();
        await double.close();
      },
    };
  });
}
