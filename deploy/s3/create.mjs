/**
 * Makes the bucket that S3_BUCKET names, if it is not there, by the tracker's own settings:
 * S3_BUCKET=swarms AWS_REGION=eu-central-1 AWS_ACCESS_KEY_ID=... AWS_SECRET_ACCESS_KEY=... node
 * deploy/s3/create.mjs
 */
import { create } from '../create-store.mjs';

await create('s3');
