import type { AnnounceAnswer, ScrapedCounts } from '../../client/exchange.js';
import { TrackerError } from '../../client/tracker-error.js';

/** What became of one question to one tracker. */
export interface Outcome {
  readonly tracker: string;
  /** Hex. */
  readonly infohash: string;
  /** Milliseconds that the answer took. */
  readonly ms: number;
  /** Undefined if it was not announced, or failed. */
  readonly announced?: AnnounceAnswer;
  /** Undefined if it was not scraped, failed, or the tracker left the torrent out. */
  readonly scraped?: ScrapedCounts;
  /** Undefined if all went well. */
  readonly failure?: { readonly kind: TrackerError['kind']; readonly message: string };
}

/** @throws what is no TrackerError */
export function failureOf(error: unknown): NonNullable<Outcome['failure']> {
  if (!(error instanceof TrackerError)) throw error;
  return { kind: error.kind, message: error.message };
}
