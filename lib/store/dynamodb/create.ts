import { setTimeout as delay } from 'node:timers/promises';

import { RefusalError } from '../aws/failures.js';
import { SignedClient } from '../aws/signed-client.js';
import { StoreUnavailableError } from '../errors.js';
import type { DynamoDbStoreOptions } from './options.js';
import { ask } from './requests.js';

const pollMs = 200;
/** AWS takes some seconds. */
const readyMs = 120_000;

/**
 * Makes the table if it is not there, billed by request, and waits until it can be used.
 * @returns false if it was there
 * @throws StoreError
 */
export async function createTable(options: DynamoDbStoreOptions): Promise<boolean> {
  const client = new SignedClient('dynamodb', options);
  const table = { TableName: options.table };
  const asked = (action: string, request: object): ReturnType<typeof ask> =>
    client.call(options.keysTimeoutMs, (send) => ask(send, action, { ...table, ...request }));
  try {
    const made = await asked('CreateTable', {
      BillingMode: 'PAY_PER_REQUEST',
      AttributeDefinitions: [
        { AttributeName: 'p', AttributeType: 'S' },
        { AttributeName: 'k', AttributeType: 'S' },
      ],
      KeySchema: [
        { AttributeName: 'p', KeyType: 'HASH' },
        { AttributeName: 'k', KeyType: 'RANGE' },
      ],
    }).then(
      () => true,
      (error: unknown) => {
        if (error instanceof RefusalError && error.code === 'ResourceInUseException') return false;
        throw error;
      },
    );
    const giveUpAt = performance.now() + readyMs;
    while ((await asked('DescribeTable', {})).Table?.TableStatus !== 'ACTIVE') {
      if (performance.now() > giveUpAt) throw new StoreUnavailableError('the table is still not active');
      await delay(pollMs);
    }
    return made;
  } finally {
    await client.close();
  }
}
