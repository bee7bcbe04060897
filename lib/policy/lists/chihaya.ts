/** The lists in a configuration of chihaya, as far as they need no whole YAML parser. */

/** Which of the two lists is meant. */
export type ListKind = 'allow' | 'deny';

/** A word of a list, and on which line it stands. */
export interface ChihayaEntry {
  readonly word: string;
  readonly line: number;
}

/** Whether a text is a configuration of chihaya: one of its first lines begins a list. */
export function isChihaya(bytes: Buffer): boolean {
  return SECTION.test(bytes.toString('latin1', 0, Math.min(bytes.length, SEARCHED_BYTES)));
}

/**
 * The entries of `whitelist:` or `blacklist:`, as they stand there.
 * @param hook the name of the hook that they belong to; a list without a name beside it is taken
 */
export function* chihayaEntries(
  text: string,
  kind: ListKind,
  hook: 'torrent approval' | 'client approval',
): Generator<ChihayaEntry> {
  const section = kind === 'allow' ? 'whitelist' : 'blacklist';
  let isInside = false;
  let isHook = true;
  for (const [index, whole] of text.split('\n').entries()) {
    const line = whole.replace(/(^|\s)#.*$/, '').trim();
    const [, key, rest = ''] = /^(?:- )?([\w ]+):(?:\s(.*))?$/.exec(line) ?? [];
    if (key !== undefined) isInside = key === section;
    if (key === 'name') isHook = unquoted(rest.trim()) === hook;
    if (!isInside || !isHook || line === '') continue;
    // Either `- entry` lines, or `whitelist: [entry, entry]`.
    const entries = key === undefined ? line.replace(/^-\s*/, '') : rest.trim().replace(/^\[|\]$/g, '');
    for (const entry of entries.split(',')) {
      const word = unquoted(entry.trim());
      if (word !== '') yield { word, line: index + 1 };
    }
  }
}

function unquoted(text: string): string {
  return text.replace(/^(["'])(.*)\1$/, '$2');
}

const SECTION = /^\s*(whitelist|blacklist):/m;
/** A configuration has its lists near its start; a list of millions is not searched for that. */
const SEARCHED_BYTES = 65_536;
