/**
 * Makes the table that DYNAMODB_TABLE names, if it is not there, billed by request, by the
 * tracker's own settings: AWS_REGION=eu-central-1 AWS_ACCESS_KEY_ID=... AWS_SECRET_ACCESS_KEY=...
 * node deploy/dynamodb/create.mjs
 */
import { create } from '../create-store.mjs';

await create('dynamodb');
