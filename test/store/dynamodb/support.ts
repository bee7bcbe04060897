import { systemClock } from '../../../lib/environment.js';
import type { DynamoDbStoreOptions } from '../../../lib/store/dynamodb/options.js';
import { dynamoDbCredentials, dynamoDbRegion } from '../../dynamodb-double/double.js';

/** Options for a server of a test, with the double's credentials and short times. */
export function dynamoDbOptionsFor(
  endpoint: URL,
  changes: Partial<DynamoDbStoreOptions> = {},
): DynamoDbStoreOptions {
  return {
    endpoint,
    region: dynamoDbRegion,
    credentials: dynamoDbCredentials,
    table: 'tracker',
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
