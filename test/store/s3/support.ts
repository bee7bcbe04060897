import { systemClock } from '../../../lib/environment.js';
import type { S3StoreOptions } from '../../../lib/store/s3/options.js';
import { s3Credentials, s3Region } from '../../s3-double/double.js';

/** Options for a server of a test, with the double's credentials and short times. */
export function s3OptionsFor(endpoint: URL, changes: Partial<S3StoreOptions> = {}): S3StoreOptions {
  return {
    endpoint,
    region: s3Region,
    credentials: s3Credentials,
    bucket: 'tracker',
    prefix: 'swarms/',
    pathStyle: true,
    removal: 'tombstone',
    tombstoneLifetimeMs: 2_700_000,
    callTimeoutMs: 500,
    keysTimeoutMs: 2000,
    maxConnections: 8,
    queueDepth: 1000,
    idleTimeoutMs: 10_000,
    clock: systemClock,
    random: () => 0.5,
    ...changes,
  };
}
