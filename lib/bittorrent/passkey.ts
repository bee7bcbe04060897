/**
 * `/KEY/announce`, with or without a query. What a key may look like is decided by who knows the
 * keys.
 */
const KEYED_PATH = /^\/([\w.~-]{1,128})\/announce(?:\?|$)/;

/**
 * The client's own part of an announce URL.
 * @param target path and query
 */
export function passkeyOf(target: string): string | undefined {
  return KEYED_PATH.exec(target)?.[1];
}
