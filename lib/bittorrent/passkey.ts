/**
 * `/KEY/announce` or `/KEY/scrape`, with or without a query. Compared as it was sent: nothing of a
 * key needs to be escaped. A key begins with no dot, so that `/../announce` has none. Which keys
 * there are is decided by who knows them.
 */
const KEYED_PATH = /^\/([\w~-][\w.~-]{0,127})\/(announce|scrape)(?:\?|$)/;

/** A path with a client's own part. */
export interface KeyedPath {
  readonly passkey: string;
  readonly action: 'announce' | 'scrape';
}

/** @param target path, with or without a query */
export function keyedPathOf(target: string): KeyedPath | undefined {
  const [, passkey, action] = KEYED_PATH.exec(target) ?? [];
  if (passkey === undefined) return undefined;
  return { passkey, action: action === 'scrape' ? 'scrape' : 'announce' };
}

/**
 * The client's own part of an announce URL.
 * @param target path and query
 */
export function passkeyOf(target: string): string | undefined {
  return keyedPathOf(target)?.passkey;
}
