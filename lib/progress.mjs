/**
 * What a long piece of work is about and how long it has taken: on a terminal one line that
 * changes, elsewhere one line when it begins. Uses nothing but Node, so that it runs before an
 * install.
 */

const REDRAW_MS = 200;
const CLEAR_LINE = '\r\x1b[K';

/**
 * @typedef {object} ProgressStream
 * @property {boolean} [isTTY]
 * @property {number} [columns]
 * @property {(text: string) => unknown} write
 */

export class Progress {
  #text;
  #stream;
  #now;
  #startMs;
  #detail = '';
  /** @type {ReturnType<typeof setInterval> | undefined} */
  #timer;

  /**
   * Begins to show it.
   * @param {string} text what is under way, e.g. `Building`
   * @param {object} [options]
   * @param {ProgressStream} [options.stream] standard error, as standard output is for results
   * @param {() => number} [options.now] milliseconds
   * @param {Readonly<Record<string, string | undefined>>} [options.environment]
   * @param {boolean} [options.isPlainSilent] whether there is no line where there is no terminal
   */
  constructor(
    text,
    { stream = process.stderr, now = Date.now, environment = process.env, isPlainSilent = false } = {},
  ) {
    this.#text = text;
    this.#stream = stream;
    this.#now = now;
    this.#startMs = now();
    if (stream.isTTY === true && environment['TERM'] !== 'dumb') {
      this.#timer = setInterval(() => this.#draw(), REDRAW_MS);
      // It shows work; it is none.
      this.#timer.unref();
      this.#draw();
    } else if (!isPlainSilent) {
      stream.write(`${text} ...\n`);
    }
  }

  /** Shown behind the text on a terminal. @param {string} detail a few words, e.g. `40%` */
  update(detail) {
    this.#detail = detail;
    if (this.#timer !== undefined) this.#draw();
  }

  /**
   * Has something else written in between, to whatever stream.
   * @param {() => void} write ends its lines
   */
  interrupt(write) {
    if (this.#timer !== undefined) this.#stream.write(CLEAR_LINE);
    write();
    if (this.#timer !== undefined) this.#draw();
  }

  /** Takes the line away, whatever became of the work. */
  end() {
    if (this.#timer === undefined) return;
    clearInterval(this.#timer);
    this.#timer = undefined;
    this.#stream.write(CLEAR_LINE);
  }

  #draw() {
    const seconds = Math.floor((this.#now() - this.#startMs) / 1000);
    const line = `${this.#text} ... ${this.#detail === '' ? '' : `${this.#detail}, `}${seconds} s`;
    // A line that wraps could not be cleared.
    this.#stream.write(CLEAR_LINE + line.slice(0, Math.max(1, (this.#stream.columns ?? 80) - 1)));
  }
}

/**
 * Does some work, and shows it.
 * @template T
 * @param {string} text
 * @param {(progress: Progress) => Promise<T>} work
 * @param {ConstructorParameters<typeof Progress>[1]} [options]
 * @returns {Promise<T>}
 */
export async function withProgress(text, work, options) {
  const progress = new Progress(text, options);
  try {
    return await work(progress);
  } finally {
    progress.end();
  }
}
