import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { expect } from 'chai';

import { startDynamoDbDouble } from '../dynamodb-double/double.js';
import { s3Credentials, s3Region, startS3Double } from '../s3-double/double.js';
import { BUILD_TIMEOUT_MS, ensureBuilt } from '../openwhisk/support/bundles.js';
import { Cleanup } from '../support/cleanup.js';
import { startProgram } from '../support/running-program.js';
import { makeTempDir, removeTempDir } from '../support/temp-dir.js';

const credentials = {
  AWS_REGION: s3Region,
  AWS_ACCESS_KEY_ID: s3Credentials.accessKeyId,
  AWS_SECRET_ACCESS_KEY: s3Credentials.secretAccessKey,
};

describe('The commands that make a bucket and a table', function () {
  this.timeout(BUILD_TIMEOUT_MS);
  const atEnd = new Cleanup();
  before(ensureBuilt);
  afterEach(() => atEnd.run());

  async function run(
    store: string,
    environment: object,
    args: readonly string[] = [],
  ): Promise<{ status?: number; output: string }> {
    const script = fileURLToPath(new URL(`../../deploy/${store}/create.mjs`, import.meta.url));
    const env = { PATH: process.env['PATH'], ...environment };
    const program = await startProgram(process.execPath, [script, ...args], { env });
    const { status } = await program.ended;
    return { ...(status === undefined ? {} : { status }), output: program.stdout + program.stderr };
  }

  it('make what is missing, and change nothing the second time', async () => {
    const s3 = await startS3Double();
    atEnd.add(() => s3.server.close());
    const ofS3 = { ...credentials, AWS_ENDPOINT_URL: s3.server.url.origin, S3_BUCKET: 'swarms' };
    expect(await run('s3', ofS3)).to.deep.equal({ status: 0, output: 'bucket swarms: made\n' });
    expect(await run('s3', ofS3)).to.deep.equal({ status: 0, output: 'bucket swarms: is there\n' });
    expect([...s3.buckets.keys()]).to.include('swarms');

    const dynamoDb = await startDynamoDbDouble();
    atEnd.add(() => dynamoDb.server.close());
    const ofDynamoDb = {
      ...credentials,
      AWS_ENDPOINT_URL: dynamoDb.server.url.origin,
      DYNAMODB_TABLE: 'swarms',
    };
    expect(await run('dynamodb', ofDynamoDb)).to.deep.equal({
      status: 0,
      output: 'table swarms: made, billed by request\n',
    });
    expect(await run('dynamodb', ofDynamoDb)).to.deep.equal({
      status: 0,
      output: 'table swarms: is there\n',
    });
  });

  it('take a settings file, and name the line of what cannot be used', async () => {
    const directory = await makeTempDir();
    atEnd.add(() => removeTempDir(directory));
    const file = join(directory, 'my.env');
    await writeFile(file, 'S3_BUCKET=A\n');
    const { status, output } = await run('s3', credentials, ['--settings', file]);
    expect([status, output.endsWith(`(${file}:1)\n`)], output).to.deep.equal([2, true]);
    expect(await run('s3', credentials, ['--bucket'])).to.deep.equal({
      status: 2,
      output: '--bucket: unknown argument\n',
    });
  });

  it('say what is missing or wrong, and no secret', async () => {
    const missing = await run('s3', credentials);
    expect(missing).to.deep.equal({ status: 2, output: 'S3_BUCKET: is not set\n' });
    const { status, output } = await run('s3', {
      ...credentials,
      S3_BUCKET: 'swarms',
      AWS_ENDPOINT_URL: 'http://127.0.0.1:9',
    });
    expect(status).to.equal(1);
    expect(output).to.include('ECONNREFUSED').and.not.include(credentials.AWS_SECRET_ACCESS_KEY);
  });
});
