import { openRiakStore } from '../../../lib/store/riak/riak-store.js';
import { startRiakDouble } from '../../riak-double/double.js';
import { storeConformance, type OpenedStore } from '../conformance.js';
import { optionsFor } from './support.js';

for (const [nodes, tombstoneMs] of [
  [1, 0],
  [3, 300],
] as const) {
  const open = async (): Promise<OpenedStore> => {
    const double = await startRiakDouble({ nodes, deleteMode: { afterMs: tombstoneMs } });
    const store = openRiakStore(optionsFor(double.nodes, { callTimeoutMs: 5000 }));
    return {
      store,
      close: async () => {
        await store.close();
        await double.close();
      },
    };
  };
  storeConformance(`Riak, a double of ${nodes} node(s)`, open, { tombstoneMs });
}
