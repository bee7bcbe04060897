import { CHUNKED } from './request-head.js';

/**
 * The body of a request, which a tracker has no use for: it is passed over, so that it is not taken
 * for the next request. Content-Length, or chunks (RFC 9112, 7.1).
 */
export class RequestBody {
  /** Bytes to pass over before something is to be read. */
  #skip: number;
  /** What is read then. */
  #next: 'end' | 'size' | 'chunk end' | 'trailer';

  /** @param length in bytes, or CHUNKED */
  constructor(length: number) {
    this.#skip = Math.max(length, 0);
    this.#next = length === CHUNKED ? 'size' : 'end';
  }

  /**
   * Passes over what there is of the body.
   * @returns what follows: of the body if it is not over, behind it if it is. Undefined if it is no
   *   body
   */
  read(bytes: Buffer): { readonly rest: Buffer; readonly isOver: boolean } | undefined {
    let rest = bytes;
    for (;;) {
      const passed = Math.min(this.#skip, rest.length);
      this.#skip -= passed;
      rest = rest.subarray(passed);
      if (this.#skip > 0) return { rest, isOver: false };
      if (this.#next === 'end') return { rest, isOver: true };
      const end = rest.indexOf('\r\n');
      if (end < 0) return rest.length > MAX_LINE_BYTES ? undefined : { rest, isOver: false };
      if (end > MAX_LINE_BYTES || !this.#readLine(rest.toString('latin1', 0, end))) return undefined;
      rest = rest.subarray(end + 2);
    }
  }

  /** @returns whether that can be the line */
  #readLine(line: string): boolean {
    if (this.#next === 'chunk end') {
      this.#next = 'size';
      return line === '';
    }
    if (this.#next === 'trailer') {
      if (line === '') this.#next = 'end';
      return true;
    }
    const [, size] = CHUNK_SIZE.exec(line) ?? [];
    if (size === undefined) return false;
    this.#skip = parseInt(size, 16);
    this.#next = this.#skip === 0 ? 'trailer' : 'chunk end';
    return true;
  }
}

/** The extensions of a chunk say nothing to a tracker. */
const CHUNK_SIZE = /^([0-9a-fA-F]{1,8})(?:[\t ]*;[\t -~]*)?$/;
const MAX_LINE_BYTES = 1024;
