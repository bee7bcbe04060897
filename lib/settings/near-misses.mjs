/**
 * Which setting a name means that is none: a letter too many or too few, two swapped, the wrong
 * case, a lost underscore, an ending.
 */

/**
 * @param {string} name no setting itself
 * @param {readonly string[]} known names of settings
 * @returns {string | undefined} the closest name, if one is close enough
 */
export function meantBy(name, known) {
  const plain = plainOf(name);
  const sameLetters = known.find((each) => each.length >= MIN_LENGTH && plainOf(each) === plain);
  if (sameLetters !== undefined) return sameLetters;
  const given = name.toUpperCase();
  let closest;
  let least = Infinity;
  for (const each of known) {
    const most = mostEdits(given, each);
    const edits = most === 0 ? Infinity : editsBetween(given, each, most);
    if (edits <= most && edits < least) [closest, least] = [each, edits];
  }
  return closest ?? known.find((each) => isExtended(given, each));
}

/** Of a setting's name; shorter ones are like too many other words. */
const MIN_LENGTH = 4;

/** Without case, underscores and, in longer names, the plural. @param {string} name */
function plainOf(name) {
  const plain = name.toUpperCase().replaceAll(/[_.-]/g, '');
  return plain.length < 8 ? plain : plain.replace(/IES$/, 'Y').replace(/S$/, '');
}

/**
 * How many edits apart two names may be: a typo does not often hit the first letter, and short
 * names are like other words.
 * @param {string} given
 * @param {string} known
 */
function mostEdits(given, known) {
  const length = Math.min(given.length, known.length);
  if (length < MIN_LENGTH) return 0;
  // Only two letters that changed places: HOME and POST are not HOST.
  if (known.length === MIN_LENGTH) return isSwapped(given, known) ? 1 : 0;
  return length < 10 || given[0] !== known[0] ? 1 : 2;
}

/**
 * @param {string} a
 * @param {string} b
 */
function isSwapped(a, b) {
  return a.length === b.length && editsBetween(a, b, 1) === 1 && sorted(a) === sorted(b);
}

/** @param {string} text */
function sorted(text) {
  return [...text].sort().join('');
}

/**
 * Insertions, deletions, replacements and swaps of neighbours that make one name of the other
 * (optimal string alignment).
 * @param {string} a
 * @param {string} b
 * @param {number} most
 * @returns {number} Infinity if there are more than `most`
 */
export function editsBetween(a, b, most) {
  if (Math.abs(a.length - b.length) > most) return Infinity;
  /** @type {number[]} */
  let before = [];
  let last = Array.from({ length: b.length + 1 }, (_, index) => index);
  for (let i = 1; i <= a.length; i++) {
    const row = [i];
    for (let j = 1; j <= b.length; j++) {
      const replaced = at(last, j - 1) + (a[i - 1] === b[j - 1] ? 0 : 1);
      const isSwap = i > 1 && j > 1 && a[i - 1] === b[j - 2] && a[i - 2] === b[j - 1];
      const swapped = isSwap ? at(before, j - 2) + 1 : Infinity;
      row.push(Math.min(replaced, swapped, at(last, j) + 1, at(row, j - 1) + 1));
    }
    [before, last] = [last, row];
  }
  const edits = at(last, b.length);
  return edits > most ? Infinity : edits;
}

/**
 * @param {readonly number[]} row
 * @param {number} index
 */
function at(row, index) {
  return row[index] ?? Infinity;
}

/**
 * ANNOUNCE_INTERVAL_SECONDS means ANNOUNCE_INTERVAL. AWS's own tools have such names for one service.
 * @param {string} given
 * @param {string} known
 */
function isExtended(given, known) {
  return (
    known.length >= 8 && known.includes('_') && !known.startsWith('AWS_') && given.startsWith(`${known}_`)
  );
}

/**
 * Names in an environment that were probably meant as settings. An environment holds many names
 * that are not the tracker's, so what is not close to a setting is one only by its beginning.
 * @param {Readonly<Record<string, string | undefined>>} environment
 * @param {readonly string[]} known names of settings, and whatever else is right
 * @param {readonly string[]} prefixes with which no other program's names begin
 * @returns {{ name: string, meant: string | undefined }[]}
 */
export function misspeltIn(environment, known, prefixes) {
  const names = new Set(known);
  return Object.entries(environment).flatMap(([name, value = '']) => {
    if (value === '' || names.has(name) || isOfOthers(name, value)) return [];
    const meant = meantBy(name, known);
    const isNear = meant !== undefined || prefixes.some((prefix) => name.startsWith(prefix));
    return isNear ? [{ name, meant }] : [];
  });
}

/**
 * What npm, OpenWhisk, Kubernetes and Docker put into an environment by themselves: for a service
 * riak there is RIAK_PORT.
 * @param {string} name
 * @param {string} value
 */
function isOfOthers(name, value) {
  return (
    /^(npm_|__OW_|_)/.test(name) ||
    /_(SERVICE_HOST|SERVICE_PORT(_\w+)?|PORT_\d+_(TCP|UDP)(_\w+)?)$/.test(name) ||
    /_(NAME|ENV_\w+)$/.test(name) ||
    /^(tcp|udp):\/\//.test(value)
  );
}
