export interface LoadTimes {
  /** `node -e 0` */
  readonly bareMs: number;
  /** The same that loads the bundle. */
  readonly loadedMs: number;
}

export function loadTimes(file: string, rounds?: number): LoadTimes;
export function firstAnnounceTime(file: string, rounds?: number): number;
