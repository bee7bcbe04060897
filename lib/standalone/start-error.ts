/** Why the process cannot start, or cannot do what it was started for, in words for whoever started it. */
export class StartError extends Error {
  override readonly name = 'StartError';
}
