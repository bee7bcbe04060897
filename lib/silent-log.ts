import type { Log } from './log.js';

const drop = (): void => undefined;

/** What goes wrong is a finding here, and no line of a log beside it. */
export const silentLog: Log = { error: drop, warn: drop, info: drop, debug: drop };
