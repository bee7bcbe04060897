import type { Refusal } from '../bittorrent/errors.js';

/**
 * Undefined: the request is served. A promise only where the answer has to be fetched: any other
 * costs nothing.
 */
export type Verdict = Refusal | undefined | Promise<Refusal | undefined>;
