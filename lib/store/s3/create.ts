import { SignedClient } from '../aws/signed-client.js';
import { bucketUrl } from './bucket-url.js';
import { s3Refusal } from './objects.js';
import type { S3StoreOptions } from './options.js';

/** The region where a bucket is made if none is named; naming it is an error on AWS. */
const defaultRegion = 'us-east-1';

/**
 * Makes the bucket if it is not there.
 * @returns false if it was there
 * @throws StoreError, also if the bucket is somebody else's
 */
export async function createBucket(options: S3StoreOptions): Promise<boolean> {
  const { endpoint, path } = bucketUrl(options);
  const client = new SignedClient('s3', { ...options, endpoint });
  const { region } = options;
  const location =
    region === defaultRegion
      ? ''
      : `<CreateBucketConfiguration xmlns="http://s3.amazonaws.com/doc/2006-03-01/"><LocationConstraint>${region}</LocationConstraint></CreateBucketConfiguration>`;
  try {
    return await client.call(options.keysTimeoutMs, async (send) => {
      const look = await send({ name: 'look at the bucket', method: 'HEAD', path, repeatable: true });
      if (look.status === 200) return false;
      const answer = await send({
        name: 'creation of the bucket',
        method: 'PUT',
        path,
        ...(location === '' ? {} : { body: Buffer.from(location) }),
        repeatable: true,
      });
      if (answer.status === 200) return true;
      throw s3Refusal('creation of the bucket', answer);
    });
  } finally {
    await client.close();
  }
}
