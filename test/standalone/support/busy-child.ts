/**
 * Writes into an LMDB store without end, also after the first signal. Argument: the directory. Says
 * when it has begun, and when the signal came.
 */
import { stopSignal } from '../../../lib/standalone/stop-signal.js';
import { openQuietStore } from '../../store/lmdb/quiet-store.js';

const [directory = ''] = process.argv.slice(2);
const store = await openQuietStore(directory);
void stopSignal().then(() => process.stdout.write('stopping\n'));
for (let i = 0; ; i++) {
  await store.put(String(i).padStart(40, '0'), Uint8Array.of(1));
  if (i === 0) process.stdout.write('writing\n');
}
