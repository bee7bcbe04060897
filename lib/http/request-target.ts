/**
 * The two parts of a request target (RFC 9112, section 3.2), both still escaped: origin-form
 * `/announce?...` or absolute-form `http://host/announce?...`, as a client behind a forward proxy
 * sends it. Anything else (`*`, `host:port`) is its own path. Nothing is unescaped or normalised,
 * and nothing is refused.
 */

const ABSOLUTE = '://';

/**
 * What comes before the first `?`, with the leading slash; of an absolute URL without a path: `/`.
 */
export function pathOf(target: string): string {
  const mark = target.indexOf('?');
  const beforeQuery = mark < 0 ? target : target.slice(0, mark);
  if (beforeQuery.startsWith('/')) return beforeQuery;
  const scheme = beforeQuery.indexOf(ABSOLUTE);
  // A scheme has no slash in it, so what follows one is a path that merely contains "://".
  if (scheme < 1 || beforeQuery.indexOf('/') < scheme) return beforeQuery;
  const slash = beforeQuery.indexOf('/', scheme + ABSOLUTE.length);
  return slash < 0 ? '/' : beforeQuery.slice(slash);
}

/** What comes after the first `?`; empty if there is none. */
export function queryOf(target: string): string {
  const mark = target.indexOf('?');
  return mark < 0 ? '' : target.slice(mark + 1);
}
