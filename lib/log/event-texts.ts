/**
 * What an event is for people. Most names say it themselves; those that do not have a text here.
 * docs/operating.md says what each means.
 */
const TEXTS: ReadonlyMap<string, string> = new Map([
  ['admin command', 'A command was sent to this tracker'],
  ['batch not readable', 'A front sent what is no batch'],
  ['healthy', 'The store can be used again'],
  ['unhealthy', 'The store cannot be used'],
  ['idle', 'Nothing was asked in the last minute'],
  ['internal error', 'A request failed'],
  ['listening', 'Answering requests'],
  ['log damaged', 'The log of the embedded store is damaged'],
  ['log begun anew', 'The log of the embedded store was begun anew'],
  ['log not begun anew', 'The log of the embedded store could not be begun anew'],
  ['neighbour not read', 'A reply has fewer peers, as a shard could not be read'],
  ['no admin socket', 'Commands cannot ask this tracker'],
  ['proxy not trusted', 'X-Forwarded-For of a proxy that is not trusted'],
  ['riak refuses the user', 'Riak refuses the user'],
  ['run failed', 'OpenWhisk did not answer a run'],
  ['served', 'Served'],
  ['tracker busy', 'A client was told to try again'],
  ['unknown setting', 'Unknown setting'],
  ['warning of Node', 'Warning of Node.js'],
]);

/** Names that are written in another way than their first letter. */
const NAMES: ReadonlyMap<string, string> = new Map([
  ['udp', 'UDP'],
  ['http', 'HTTP'],
  ['riak', 'Riak'],
]);

/** @param event its name in the log. @returns a phrase that begins with a capital letter */
export function textOfEvent(event: string): string {
  const text = TEXTS.get(event);
  if (text !== undefined) return text;
  const [first = '', ...rest] = event.split(' ');
  return [NAMES.get(first) ?? capitalized(first), ...rest].join(' ');
}

/** Events whose texts are not made of their names. */
export const eventsWithTexts: readonly string[] = [...TEXTS.keys()];

/** `udpPort` is `UDP port`. @param field its name in the log */
export function textOfField(field: string): string {
  const words = field.replaceAll(/([a-z\d])([A-Z])/g, '$1 $2').toLowerCase();
  return words.replaceAll(/\w+/g, (word) => NAMES.get(word) ?? word);
}

function capitalized(word: string): string {
  return word.slice(0, 1).toUpperCase() + word.slice(1);
}
