/** By the two letters of an Azureus-style peer id, `-TR4050-`: those that people use. */
const AZUREUS: ReadonlyMap<string, string> = new Map([
  ['7T', 'aTorrent'],
  ['AG', 'Ares'],
  ['AZ', 'Vuze'],
  ['BC', 'BitComet'],
  ['BG', 'BTGetit'],
  ['BI', 'BiglyBT'],
  ['BT', 'BitTorrent'],
  ['DE', 'Deluge'],
  ['FD', 'Free Download Manager'],
  ['FL', 'Folx'],
  ['FW', 'FrostWire'],
  ['HL', 'Halite'],
  ['KG', 'KGet'],
  ['KT', 'KTorrent'],
  ['LT', 'libtorrent'],
  ['lt', 'rTorrent'],
  ['LW', 'LimeWire'],
  ['PI', 'PicoTorrent'],
  ['qB', 'qBittorrent'],
  ['SD', 'Xunlei'],
  ['TL', 'Tribler'],
  ['TR', 'Transmission'],
  ['TX', 'Tixati'],
  ['UE', 'uTorrent Embedded'],
  ['UM', 'uTorrent Mac'],
  ['UT', 'uTorrent'],
  ['UW', 'uTorrent Web'],
  ['WD', 'WebTorrent Desktop'],
  ['WW', 'WebTorrent'],
  ['XL', 'Xunlei'],
]);

/** By the first letter of a Shadow-style peer id, `S58B-----`. */
const SHADOW: ReadonlyMap<string, string> = new Map([
  ['A', 'ABC'],
  ['M', 'Mainline'],
  ['O', 'Osprey'],
  ['Q', 'BTQueue'],
  ['R', 'Tribler'],
  ['S', 'Shadow'],
  ['T', 'BitTornado'],
  ['U', 'UPnP NAT'],
]);

/**
 * Which client a peer id is of, in words for its user. Of what the client has sent nothing but
 * letters and digits goes in.
 */
export function clientName(peerId: Uint8Array): string {
  const text = Buffer.from(peerId.buffer, peerId.byteOffset, peerId.length).toString('latin1');
  const [azureus, letters = '', version = ''] = /^-([A-Za-z0-9]{2})([A-Za-z0-9]{4})-/.exec(text) ?? [];
  if (azureus !== undefined) {
    const name = AZUREUS.get(letters);
    return name === undefined ? azureus : `${name} ${versionOf(version)} (${azureus})`;
  }
  // Written with dashes where there is no more of a version: T03I-----, M7-9-1--.
  const [, letter = '', rest = ''] = /^([A-Z])([A-Za-z0-9-]{3,5})--/.exec(text) ?? [];
  const shadow = SHADOW.get(letter);
  if (shadow !== undefined) return `${shadow} (${letter}${rest.replaceAll(/-+$/g, '')})`;
  const [, aria2] = /^A2-(\d{1,2}-\d{1,2}-\d{1,2})-/.exec(text) ?? [];
  if (aria2 !== undefined) return `aria2 ${aria2.replaceAll('-', '.')} (A2-${aria2}-)`;
  const [word] = /^[A-Za-z0-9-]{4,8}/.exec(text) ?? [];
  return word === undefined ? 'this client' : `the client ${word}`;
}

/** `4050` is 4.0.5: zeros at the end say nothing from the third number on. */
function versionOf(digits: string): string {
  const numbers = Array.from(digits);
  while (numbers.length > 2 && numbers.at(-1) === '0') numbers.pop();
  return numbers.join('.');
}
