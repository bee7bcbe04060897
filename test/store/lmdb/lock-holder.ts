/** Has the lock of a directory's journal until it is killed, whoever asks for it. Argument: the directory. Says when it has the lock. */
import { JournalLock } from '../../../lib/store/lmdb/journal-lock.js';

const [directory = ''] = process.argv.slice(2);
await new JournalLock(directory).acquire();
process.stdout.write('held\n');
setInterval(() => undefined, 1000);
