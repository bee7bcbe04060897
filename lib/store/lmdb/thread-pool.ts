/**
 * How many threads Node has for files, as libuv takes it.
 * @param setting of the environment, `UV_THREADPOOL_SIZE`; undefined if it is not set
 */
export function poolThreads(setting: string | undefined): number {
  if (setting === undefined) return DEFAULT;
  const number = Number.parseInt(setting, 10);
  // What is no number is 0, and a negative number a large one.
  if (Number.isNaN(number) || number === 0) return 1;
  return number < 0 ? MOST : Math.min(number, MOST);
}

const DEFAULT = 4;
const MOST = 1024;
