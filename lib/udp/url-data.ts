const END_OF_OPTIONS = 0;
const NOP = 1;
const URL_DATA = 2;

/**
 * Path and query of the announce URL that a client was given, from the options behind an announce
 * (BEP 41). A client may cut a long one into several options. An option that is not known is
 * skipped; one that is cut off ends the options.
 * @param start where the options begin
 * @returns Latin-1, still escaped; empty if there is none
 */
export function readUrlData(datagram: Buffer, start: number): string {
  let target = '';
  let at = start;
  while (at < datagram.length) {
    const option = datagram[at++];
    if (option === END_OF_OPTIONS) break;
    if (option === NOP) continue;
    const length = datagram[at++];
    if (length === undefined || at + length > datagram.length) break;
    if (option === URL_DATA) target += datagram.toString('latin1', at, at + length);
    at += length;
  }
  return target;
}
