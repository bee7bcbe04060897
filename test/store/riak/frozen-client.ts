/**
 * A process with a Riak store of its own, which a test freezes: told `put` it writes and counts
 * once, and says how that went.
 */
import { openRiakStore } from '../../../lib/store/riak/riak-store.js';
import { optionsFor } from './support.js';

const port = Number(process.argv[2]);
const store = openRiakStore(optionsFor([{ host: '127.0.0.1', port }], { callTimeoutMs: 600 }));

process.on('message', (key: string) => {
  void Promise.allSettled([store.put(key, Buffer.from(key)), store.increment('count', 1)]).then(
    (outcomes) => {
      process.send?.(outcomes.map(({ status }) => status));
    },
  );
});
process.on('disconnect', () => {
  void store.close();
});
