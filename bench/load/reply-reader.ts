/** Reads HTTP replies with a Content-Length from the bytes of one connection, one reply at a time. */
export class ReplyReader {
  private chunks: Buffer[] = [];
  private length = 0;
  /** Of the whole reply, once its head has come. */
  private wanted = 0;
  private bodyAt = 0;

  /**
   * Takes what has arrived.
   * @returns the reply's body when it is complete, else undefined
   * @throws Error for a reply that is no 200 with a Content-Length, or that is longer than it says
   */
  take(chunk: Buffer): Buffer | undefined {
    this.chunks.push(chunk);
    this.length += chunk.length;
    if (this.wanted === 0 && !this.readHead()) return undefined;
    if (this.length < this.wanted) return undefined;
    const reply = this.joined();
    if (reply.length > this.wanted) throw new Error('bytes after a reply that nobody asked for');
    const body = reply.subarray(this.bodyAt);
    this.chunks = [];
    this.length = this.wanted = 0;
    return body;
  }

  private readHead(): boolean {
    const reply = this.joined();
    const end = reply.indexOf('\r\n\r\n');
    if (end < 0) return false;
    const head = reply.toString('latin1', 0, end);
    const length = /\r\ncontent-length: *(\d+)/i.exec(head)?.[1];
    if (!head.startsWith('HTTP/1.1 200 ') || length === undefined) throw new Error(`a wrong reply: ${head}`);
    this.bodyAt = end + 4;
    this.wanted = this.bodyAt + Number(length);
    return true;
  }

  private joined(): Buffer {
    const [first] = this.chunks;
    if (this.chunks.length === 1 && first !== undefined) return first;
    const whole = Buffer.concat(this.chunks);
    this.chunks = [whole];
    return whole;
  }
}
