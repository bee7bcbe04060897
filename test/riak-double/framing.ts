/**
 * Frames of Riak's protocol-buffers protocol: a 4-byte big-endian length, then one byte of message
 * code, then the protobuf body. The length counts the code and the body.
 */

export interface Frame {
  readonly code: number;
  readonly body: Buffer;
}

/** The bytes announce a frame that cannot be: no room for a code, or longer than the reader accepts. */
export class FramingError extends Error {
  override readonly name = 'FramingError';
}

const LENGTH_BYTES = 4;

/** Riak refuses objects over 50 MB; a frame has some more around the value. */
const MAX_FRAME_BYTES = 64 * 1024 * 1024;

export function encodeFrame(code: number, body: Uint8Array): Buffer {
  const frame = Buffer.allocUnsafe(LENGTH_BYTES + 1 + body.length);
  frame.writeUInt32BE(1 + body.length, 0);
  frame.writeUInt8(code, LENGTH_BYTES);
  frame.set(body, LENGTH_BYTES + 1);
  return frame;
}

/** Cuts a byte stream into frames, however the network has split it. */
export class FrameReader {
  private chunks: Buffer[] = [];
  private held = 0;

  constructor(private readonly maxFrameBytes = MAX_FRAME_BYTES) {}

  /**
   * Takes the next bytes of the stream and returns the frames that are complete now. Throws a
   * FramingError if they cannot be frames.
   */
  push(chunk: Buffer): Frame[] {
    this.chunks.push(chunk);
    this.held += chunk.length;
    const frames: Frame[] = [];
    for (let length = this.nextLength(); length !== undefined; length = this.nextLength()) {
      if (this.held < LENGTH_BYTES + length) break;
      const frame = this.take(LENGTH_BYTES + length);
      frames.push({ code: frame.readUInt8(LENGTH_BYTES), body: frame.subarray(LENGTH_BYTES + 1) });
    }
    return frames;
  }

  private nextLength(): number | undefined {
    if (this.held < LENGTH_BYTES) return undefined;
    const first = this.chunks[0];
    if (first === undefined || first.length < LENGTH_BYTES) this.chunks = [Buffer.concat(this.chunks)];
    const length = this.chunks[0]?.readUInt32BE(0) ?? 0;
    if (length < 1 || length > this.maxFrameBytes) throw new FramingError(`frame of ${length} bytes`);
    return length;
  }

  private take(bytes: number): Buffer {
    const first = this.chunks[0];
    const joined = first !== undefined && first.length >= bytes ? first : Buffer.concat(this.chunks);
    const rest = joined === first ? this.chunks.slice(1) : [];
    this.chunks = joined.length > bytes ? [joined.subarray(bytes), ...rest] : rest;
    this.held -= bytes;
    return joined.subarray(0, bytes);
  }
}
