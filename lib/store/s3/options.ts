import type { AwsOptions } from '../aws/options.js';

/**
 * How a shard is removed. `tombstone`: by a conditional PUT of a few bytes that stand for nothing,
 * which every server does right. `delete`: by a conditional DELETE, for servers where that is
 * atomic.
 */
export type Removal = 'tombstone' | 'delete';

export interface S3StoreOptions extends AwsOptions {
  readonly bucket: string;
  /** In front of every key. */
  readonly prefix: string;
  /** True: the bucket is in the path of a URL. False: it is part of the host's name. */
  readonly pathStyle: boolean;
  readonly removal: Removal;
  /** With `delete`: tombstones that are older, in milliseconds, are deleted when keys are listed. */
  readonly tombstoneLifetimeMs: number;
}

/** Options that the settings give; a run adds the rest. */
export type S3SettingsOptions = Omit<S3StoreOptions, 'clock' | 'random'>;
