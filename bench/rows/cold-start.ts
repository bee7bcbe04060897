/**
 * Row 7: what a container takes before its first answer: to load the announce bundle, and to answer
 * with it.
 */
import { firstAnnounceTime, loadTimes } from '../../scripts/lib/bundle-times.mjs';
import { bundlePath } from '../paths.js';
import type { Measured } from '../results.js';
import type { RowOptions } from '../row.js';
import { ratios, spreadOf } from '../spread.js';

/** A start of Node is short, and varies. */
const FEWEST_ROUNDS = 9;

export function coldStart({ rounds, tell }: RowOptions): Promise<Measured> {
  const bundle = bundlePath('announce');
  const bare: number[] = [];
  const loaded: number[] = [];
  const answered: number[] = [];
  for (let round = 0; round < Math.max(rounds, FEWEST_ROUNDS); round++) {
    const { bareMs, loadedMs } = loadTimes(bundle, 1);
    bare.push(bareMs);
    loaded.push(loadedMs);
    answered.push(bareMs + firstAnnounceTime(bundle, 1));
  }
  tell(`${bare.length} starts`);
  const than = { name: '`node -e 0`', figure: spreadOf(bare) };
  return Promise.resolve({
    lines: [
      {
        id: 'cold-start/load',
        what: 'a process that loads the announce bundle',
        unit: 'ms',
        ours: spreadOf(loaded),
        theirs: than,
        ratio: ratios(loaded, bare),
        rounds: bare.length,
      },
      {
        id: 'cold-start/first announce',
        what: 'a process that loads the bundle and answers an announce',
        unit: 'ms',
        ours: spreadOf(answered),
        theirs: than,
        ratio: ratios(answered, bare),
        rounds: bare.length,
      },
    ],
    notes: [
      'The first announce is answered on a store that answers at once: no connection to Riak is in it. Its time is that of `node -e 0` and, taken inside another process, from before the bundle is loaded to the reply.',
    ],
  });
}
