/**
 * An order in which peers take turns: each has one in as many places as there are peers, and peers
 * with neighbouring numbers are far from each other in it.
 */
export class Turns {
  private readonly stride: number;
  private readonly inverse: number;

  constructor(readonly peers: number) {
    // Steps without a common factor meet every peer once; of about 0.62 of the peers, the most
    // irrational share, they spread well.
    let stride = Math.max(1, Math.round(peers * 0.618_034));
    while (greatestCommonDivisor(stride, peers) !== 1) stride++;
    this.stride = stride % peers;
    this.inverse = inverseOf(this.stride, peers);
  }

  /** The peer whose turn it is. */
  peerAt(place: number): number {
    return ((place % this.peers) * this.stride) % this.peers;
  }

  /** The place of the peer's first turn. */
  placeOf(peer: number): number {
    return (peer * this.inverse) % this.peers;
  }
}

function greatestCommonDivisor(a: number, b: number): number {
  return b === 0 ? a : greatestCommonDivisor(b, a % b);
}

/**
 * The number that times `value` is 1 modulo `modulus`: extended Euclid. Products of such numbers
 * are exact up to 94 million.
 */
function inverseOf(value: number, modulus: number): number {
  let [a, b, x, y] = [value, modulus, 1, 0];
  while (b !== 0) {
    const quotient = Math.floor(a / b);
    [a, b, x, y] = [b, a - quotient * b, y, x - quotient * y];
  }
  return ((x % modulus) + modulus) % modulus;
}
