import { expect } from 'chai';

import { StoreError } from '../../../lib/store/errors.js';
import { createTable } from '../../../lib/store/dynamodb/create.js';
import { createBucket } from '../../../lib/store/s3/create.js';
import { startDynamoDbDouble } from '../../dynamodb-double/double.js';
import { startS3Double } from '../../s3-double/double.js';
import { Cleanup } from '../../support/cleanup.js';
import { rejectionOf } from '../../support/rejection.js';
import { dynamoDbOptionsFor } from '../dynamodb/support.js';
import { s3OptionsFor } from '../s3/support.js';

describe('Making what a store needs', () => {
  const atEnd = new Cleanup();
  afterEach(() => atEnd.run());

  it('makes a bucket once, in the region', async () => {
    const double = await startS3Double();
    atEnd.add(() => double.server.close());
    const bodies: string[] = [];
    double.server.fault = (_, { method, body }) => {
      if (method === 'PUT') bodies.push(body.toString());
      return undefined;
    };
    const options = s3OptionsFor(double.server.url, { bucket: 'another' });
    expect(await createBucket(options)).to.equal(true);
    expect(await createBucket(options)).to.equal(false);
    expect([...double.buckets.keys()]).to.include('another');
    expect(bodies).to.have.length(1);
    expect(bodies[0]).to.include('<LocationConstraint>eu-test-1<');
  });

  it('makes a table once, and waits until it can be used', async () => {
    const double = await startDynamoDbDouble();
    atEnd.add(() => double.server.close());
    let looks = 0;
    double.server.fault = (name) => {
      if (name !== 'DescribeTable' || (looks += 1) > 2) return undefined;
      return { status: 200, body: '{"Table":{"TableStatus":"CREATING"}}' };
    };
    const options = dynamoDbOptionsFor(double.server.url, { table: 'another' });
    expect(await createTable(options)).to.equal(true);
    expect(looks).to.equal(3);
    expect(await createTable(options)).to.equal(false);
    expect([...double.tables.keys()]).to.include('another');
  });

  it('fails with what the server says', async () => {
    const s3 = await startS3Double();
    atEnd.add(() => s3.server.close());
    s3.server.fault = () => ({ status: 403, body: '<Error><Code>AccessDenied</Code></Error>' });
    const error = await rejectionOf(createBucket(s3OptionsFor(s3.server.url)));
    expect(error).to.be.instanceOf(StoreError);
    expect((error as Error).message).to.include('AccessDenied');
  });
});
