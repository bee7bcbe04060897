import { readFile, stat } from 'node:fs/promises';

import { ListError } from './list-index.js';

/** What a file says, read again only when the file has changed. */
export class ChangingFile<T> {
  private known: { readonly stamp: string; readonly value: T } | undefined;

  /**
   * @param setting that names the file, for errors
   * @param parse throws a ListError for what cannot be used
   */
  constructor(
    private readonly setting: string,
    private readonly path: string,
    private readonly parse: (bytes: Buffer) => T,
  ) {}

  /**
   * The same value as before if the file is as it was.
   * @throws ListError if it cannot be read, or is wrong
   */
  async read(): Promise<T> {
    const { path } = this;
    try {
      const stamp = await stampOf(path);
      if (this.known?.stamp === stamp) return this.known.value;
      const value = this.parse(await readFile(path));
      if ((await stampOf(path)) !== stamp) throw new ListError('is being written');
      this.known = { stamp, value };
      return value;
    } catch (cause) {
      const why = cause instanceof Error ? cause.message : String(cause);
      throw new ListError(`${this.setting} ${path}: ${why}`, { cause });
    }
  }
}

/** Another one means that a file has changed. */
async function stampOf(path: string): Promise<string> {
  const { mtimeMs, ctimeMs, size, ino } = await stat(path);
  return [mtimeMs, ctimeMs, size, ino].join(' ');
}
