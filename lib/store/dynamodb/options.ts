import type { AwsOptions } from '../aws/options.js';

export interface DynamoDbStoreOptions extends AwsOptions {
  /** Its partition key is `p`, its sort key `k`, both text. */
  readonly table: string;
}

/** Options that the settings give; a run adds the rest. */
export type DynamoDbSettingsOptions = Omit<DynamoDbStoreOptions, 'clock' | 'random'>;
