/**
 * Lines on their way to something that may not take them now, or ever: a full disk, a pipe that
 * nobody reads, a terminal that is gone. Never waits and never throws. What cannot be written is
 * kept, up to a bound, and tried again; what is beyond the bound is lost and counted, and the count
 * is written as soon as something can be.
 */
export class LineOutput {
  /** The first one may be the rest of a line. */
  readonly #waiting: Buffer[] = [];
  #waitingBytes = 0;
  #lost = 0;
  #retry: NodeJS.Timeout | undefined;

  /**
   * @param writeSome writes from the start of the bytes at once. @returns how many; throws if it
   *   can take none now
   * @param lossLine the line that says how many lines were lost
   */
  constructor(
    private readonly writeSome: (bytes: Buffer) => number,
    private readonly lossLine: (lines: number) => string,
    private readonly maxBytes = MAX_BYTES,
  ) {}

  /** @param line without its end */
  write(line: string): void {
    const bytes = Buffer.from(`${line}\n`);
    if (this.#waitingBytes + bytes.length > this.maxBytes) {
      this.#lost++;
      return;
    }
    this.#append(bytes);
    if (this.#retry === undefined) this.flush();
  }

  /** Writes what can be written now. */
  flush(): void {
    while (this.#writeFirst());
    clearTimeout(this.#retry);
    this.#retry = undefined;
    if (this.#waiting.length === 0) return;
    this.#retry = setTimeout(() => {
      this.flush();
    }, RETRY_MS);
    // A process that has nothing else to do ends.
    this.#retry.unref();
  }

  /** @returns whether there may be more to write */
  #writeFirst(): boolean {
    const [bytes] = this.#waiting;
    if (bytes === undefined) return this.#queueLoss();
    let written: number;
    try {
      written = this.writeSome(bytes);
    } catch {
      return false;
    }
    this.#waitingBytes -= written;
    if (written === bytes.length) this.#waiting.shift();
    else this.#waiting[0] = bytes.subarray(written);
    return true;
  }

  #queueLoss(): boolean {
    if (this.#lost === 0) return false;
    const line = this.lossLine(this.#lost);
    this.#lost = 0;
    this.#append(Buffer.from(`${line}\n`));
    return true;
  }

  #append(bytes: Buffer): void {
    this.#waiting.push(bytes);
    this.#waitingBytes += bytes.length;
  }
}

/** Some hundred lines. */
const MAX_BYTES = 256 * 1024;
const RETRY_MS = 100;
