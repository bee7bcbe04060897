import { ProtocolError } from '../remote/failures.js';

/**
 * A message of Riak's protocol-buffers protocol: on the wire a 4-byte big-endian length of what
 * follows, the code in one byte, the body.
 */
export interface Frame {
  readonly code: number;
  readonly body: Buffer;
}

const lengthBytes = 4;

/** `HTTP`, with which a server of HTTP begins its reply, read as a length. */
const HTTP = 0x48545450;

/** Cuts what a socket delivers into frames, however it is split. */
export class FrameReader {
  private held: Buffer[] = [];
  private heldBytes = 0;

  /** @param maxFrameBytes a longer frame is taken for garbage, before its bytes are waited for */
  constructor(private readonly maxFrameBytes: number) {}

  /** True if no bytes are left of a frame that is not complete. */
  get empty(): boolean {
    return this.heldBytes === 0;
  }

  /**
   * The frames that the chunk completes.
   * @throws ProtocolError if a length is impossible; the reader is then of no more use
   */
  push(chunk: Buffer): Frame[] {
    this.held.push(chunk);
    this.heldBytes += chunk.length;
    const frames: Frame[] = [];
    for (let bytes = this.nextFrameBytes(); bytes <= this.heldBytes; bytes = this.nextFrameBytes()) {
      const frame = this.take(bytes);
      frames.push({ code: frame[lengthBytes] ?? 0, body: frame.subarray(lengthBytes + 1) });
    }
    return frames;
  }

  /** Bytes of the next frame with its length; Infinity until the length is known. */
  private nextFrameBytes(): number {
    if (this.heldBytes < lengthBytes) return Infinity;
    const head = (this.held[0]?.length ?? 0) >= lengthBytes ? this.held[0] : this.joined();
    const length = head?.readUInt32BE(0) ?? 0;
    if (length === HTTP) {
      throw new ProtocolError(
        "this is Riak's HTTP port; RIAK_NODES takes the port of protocol buffers, 8087 by default",
      );
    }
    if (length < 1 || length > this.maxFrameBytes) throw new ProtocolError(`a frame of ${length} bytes`);
    return lengthBytes + length;
  }

  private take(bytes: number): Buffer {
    const first = this.held[0];
    const all = first !== undefined && first.length >= bytes ? first : this.joined();
    const rest = all.subarray(bytes);
    this.heldBytes -= bytes;
    if (rest.length > 0) this.held[0] = rest;
    else this.held.shift();
    return all.subarray(0, bytes);
  }

  private joined(): Buffer {
    const all = Buffer.concat(this.held);
    this.held = [all];
    return all;
  }
}
