import { createHash } from 'node:crypto';

import { sortInfohashes } from '../../../lib/policy/lists/infohashes.js';

/** Numbered infohashes, spread as real ones are; sorted. */
export function hashes(from: number, to: number): Buffer {
  const all: Buffer[] = [];
  for (let n = from; n < to; n++) all.push(createHash('sha1').update(String(n)).digest());
  return sortInfohashes(Buffer.concat(all));
}
