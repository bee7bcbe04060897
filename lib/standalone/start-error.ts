/** Statuses that the process ends with. */
export const failed = 1;
export const misused = 2;

/**
 * Why the process cannot start, or cannot do what it was started for, in words for whoever started
 * it.
 */
export class StartError extends Error {
  override readonly name = 'StartError';
  /** Of the process: `misused` if it takes a person to change something. */
  readonly status: number;

  constructor(message: string, options: ErrorOptions & { readonly status?: number } = {}) {
    super(message, options);
    this.status = options.status ?? failed;
  }
}
