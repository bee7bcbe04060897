import type { Clock, Random } from '../../environment.js';

export interface AwsCredentials {
  readonly accessKeyId: string;
  readonly secretAccessKey: string;
  /** Of temporary credentials. */
  readonly sessionToken?: string;
}

/** What a store needs to reach an API that is signed as AWS does it (Signature Version 4). */
export interface AwsOptions {
  /** Scheme, host and port, without a path. */
  readonly endpoint: URL;
  readonly region: string;
  readonly credentials: AwsCredentials;
  /** PEM: the authority that signed the server's certificate; otherwise those that Node trusts. */
  readonly ca?: string;
  /** The longest that one call of the store may take, in milliseconds, all its requests included. */
  readonly callTimeoutMs: number;
  /** The longest that one page of `keys` may take, in milliseconds. */
  readonly keysTimeoutMs: number;
  /** Most calls under way at once; each uses one connection. */
  readonly maxConnections: number;
  /** Most calls that wait; more are refused at once. */
  readonly queueDepth: number;
  /** A connection that was unused for longer, in milliseconds, is not used again. */
  readonly idleTimeoutMs: number;
  /** Dates the requests. */
  readonly clock: Clock;
  readonly random: Random;
}

/** Options that the settings give; a run adds the rest. */
export type AwsSettingsOptions = Omit<AwsOptions, 'clock' | 'random'>;
