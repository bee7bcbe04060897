/** A request target in two parts, both still escaped. */
export interface RequestTarget {
  /** What comes before the first `?`, with the leading slash; of an absolute URL without a path: `/`. */
  readonly path: string;
  /** What comes after the first `?`; empty if there is none. */
  readonly query: string;
}

const ABSOLUTE = '://';

/**
 * Splits a request target (RFC 9112, section 3.2): origin-form `/announce?...` or absolute-form
 * `http://host/announce?...`, as a client behind a forward proxy sends it. Anything else (`*`, `host:port`) is its own
 * path. Nothing is unescaped or normalised, and nothing is refused.
 */
export function splitRequestTarget(target: string): RequestTarget {
  const mark = target.indexOf('?');
  const beforeQuery = mark < 0 ? target : target.slice(0, mark);
  const query = mark < 0 ? '' : target.slice(mark + 1);
  return { path: pathOf(beforeQuery), query };
}

function pathOf(target: string): string {
  if (target.startsWith('/')) return target;
  const scheme = target.indexOf(ABSOLUTE);
  // A scheme has no slash in it, so what follows one is a path that merely contains "://".
  if (scheme < 1 || target.indexOf('/') < scheme) return target;
  const slash = target.indexOf('/', scheme + ABSOLUTE.length);
  return slash < 0 ? '/' : target.slice(slash);
}
