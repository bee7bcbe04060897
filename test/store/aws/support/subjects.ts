import type { AwsOptions } from '../../../../lib/store/aws/options.js';
import { openDynamoDbStore } from '../../../../lib/store/dynamodb/dynamodb-store.js';
import { openS3Store } from '../../../../lib/store/s3/s3-store.js';
import type { Store } from '../../../../lib/store/store.js';
import { startDynamoDbDouble } from '../../../dynamodb-double/double.js';
import { startS3Double } from '../../../s3-double/double.js';
import { dynamoDbOptionsFor } from '../../dynamodb/support.js';
import { s3OptionsFor } from '../../s3/support.js';
import type { SignedServer } from './signed-server.js';

/** A store of this house on a double of its server. */
export interface Subject {
  readonly server: SignedServer;
  /** One more process's store. The test closes it. */
  open(changes?: Partial<AwsOptions>): Store;
  /** What a put and an increment are counted as. */
  readonly put: string;
  readonly increment: string;
}

export const subjects: Readonly<Record<string, () => Promise<Subject>>> = {
  S3: async () => {
    const { server } = await startS3Double();
    return {
      server,
      open: (changes = {}) => openS3Store(s3OptionsFor(server.url, changes)),
      put: 'PUT',
      increment: 'PUT',
    };
  },
  DynamoDB: async () => {
    const { server } = await startDynamoDbDouble();
    return {
      server,
      open: (changes = {}) => openDynamoDbStore(dynamoDbOptionsFor(server.url, changes)),
      put: 'PutItem',
      increment: 'UpdateItem',
    };
  },
};
