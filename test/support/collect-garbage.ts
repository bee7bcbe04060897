import v8 from 'node:v8';
import vm from 'node:vm';

/** Frees all memory that nothing refers to any more. */
export async function collectGarbage(): Promise<void> {
  v8.setFlagsFromString('--expose-gc');
  const collect = vm.runInNewContext('gc') as () => void;
  // What a weak reference was asked for is kept until the task ends.
  await new Promise(setImmediate);
  collect();
}
