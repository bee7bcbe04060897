import { SIP_KEY_LENGTH, SipHash } from './sip-hash.js';

export const CONNECTION_SECRET_LENGTH = SIP_KEY_LENGTH;

/** How long a connection id is taken, in seconds (BEP 15: clients use one for a minute). */
export const ID_LIFETIME_SECONDS = 120;

/** Of fronts that share a secret the clocks may differ by so many seconds. */
const MAX_AHEAD_SECONDS = 10;

/**
 * Connection ids (BEP 15) that nobody has to remember: the first byte is when it was made, in
 * seconds modulo 256, the others are a keyed hash of that second and of the client's address. So
 * whoever has a right one receives what is sent to that address.
 */
export class ConnectionIds {
  private readonly hash: SipHash;
  /** The second, 4 bytes, and the address. */
  private readonly message = Buffer.alloc(4 + 16);

  /** @param secret 16 bytes; fronts that share it take each other's ids */
  constructor(secret: Uint8Array) {
    this.hash = new SipHash(secret);
  }

  /**
   * Writes the 8 bytes of an id.
   * @param address of the client, 4 or 16 bytes
   * @param nowMs milliseconds since the epoch
   */
  write(address: Uint8Array, nowMs: number, target: Buffer, at: number): void {
    const second = Math.floor(nowMs / 1000);
    this.hashOf(address, second);
    target.writeUInt32BE(this.upperHalf(second), at);
    target.writeUInt32BE(this.hash.low, at + 4);
  }

  /**
   * Whether the 8 bytes at `at` are an id that this address was given less than two minutes ago.
   */
  isRight(address: Uint8Array, nowMs: number, bytes: Buffer, at: number): boolean {
    const now = Math.floor(nowMs / 1000);
    const age = (now - (bytes[at] ?? 0)) & 0xff;
    const isAhead = age >= 0x100 - MAX_AHEAD_SECONDS;
    if (age > ID_LIFETIME_SECONDS && !isAhead) return false;
    const second = isAhead ? now + 0x100 - age : now - age;
    this.hashOf(address, second);
    // Both halves at once: the time does not tell how much of a guess was right.
    const upper = bytes.readInt32BE(at) ^ this.upperHalf(second);
    const lower = bytes.readInt32BE(at + 4) ^ this.hash.low;
    return (upper | lower) === 0;
  }

  private hashOf(address: Uint8Array, second: number): void {
    const { message } = this;
    message.writeUInt32LE(second % 2 ** 32, 0);
    for (let i = 0; i < address.length; i++) message[4 + i] = address[i] ?? 0;
    this.hash.hash(message, 4 + address.length);
  }

  private upperHalf(second: number): number {
    return (((second & 0xff) << 24) | (this.hash.high & 0xffffff)) >>> 0;
  }
}
