import { expect } from 'chai';

import type { Finding } from '../../../../lib/finding.js';
import { examineS3 } from '../../../../lib/store/s3/examine/examine.js';
import type { S3StoreOptions } from '../../../../lib/store/s3/options.js';
import { startS3Double, type S3Double, type S3DoubleOptions } from '../../../s3-double/double.js';
import { Cleanup } from '../../../support/cleanup.js';
import { s3OptionsFor } from '../support.js';

describe('The examination of S3', function () {
  this.timeout(60_000);
  const atEnd = new Cleanup();
  let double: S3Double;

  async function start(server: S3DoubleOptions = {}): Promise<void> {
    double = await startS3Double(server);
    atEnd.add(() => double.server.close());
  }
  afterEach(() => atEnd.run());

  async function findings(changes: Partial<S3StoreOptions> = {}): Promise<Finding[]> {
    const found: Finding[] = [];
    const options = s3OptionsFor(double.server.url, { callTimeoutMs: 5000, ...changes });
    for await (const finding of examineS3(options)) found.push(finding);
    return found;
  }

  function wrongs(found: readonly Finding[]): string[] {
    return found
      .filter(({ verdict }) => verdict === 'wrong')
      .map(({ subject, detail, remedy = '' }) => `${subject}: ${detail}: ${remedy}`);
  }

  for (const removal of ['tombstone', 'delete'] as const) {
    it(`finds nothing wrong with a good server (S3_REMOVAL is ${removal}), and leaves nothing there`, async () => {
      await start();
      const found = await findings({ removal });
      expect(found.map(({ verdict }) => verdict)).to.deep.equal(Array(7).fill('ok'));
      expect(double.keys()).to.deep.equal([]);
    });
  }

  it('says how to make a bucket that is not there', async () => {
    await start();
    const found = await findings({ bucket: 'elsewhere' });
    expect(found).to.have.length(1);
    expect(wrongs(found).join()).to.match(/bucket elsewhere .*NoSuchBucket.*deploy\/s3\/create\.mjs/);
  });

  it('tells wrong credentials from a wrong clock, and a server that is not there from both', async () => {
    await start();
    const credentials = { accessKeyId: 'AKIDEXAMPLE', secretAccessKey: 'another' };
    expect(wrongs(await findings({ credentials })).join()).to.match(/SignatureDoesNotMatch.*AWS_SECRET/);
    const unknown = { accessKeyId: 'NOBODY', secretAccessKey: 'another' };
    expect(wrongs(await findings({ credentials: unknown })).join()).to.match(/AWS_ACCESS_KEY_ID/);
    double.server.clockAheadMs = -3_600_000;
    expect(wrongs(await findings()).join()).to.match(/3(59|60)\d s ahead of the server's.*NTP/);
    await double.server.close();
    expect(wrongs(await findings()).join()).to.match(/ECONNREFUSED.*AWS_ENDPOINT_URL/);
  });

  it('warns of a clock that is off before the server refuses it', async () => {
    await start();
    double.server.clockAheadMs = 400_000;
    expect(wrongs(await findings()).join()).to.match(/clock of this machine: is (39|40)\d s behind/);
  });

  it('finds a server that lets several writers win', async () => {
    await start({ racyPut: true });
    expect(wrongs(await findings()).join()).to.match(/32 writers at once: lose .* in 10 of 10 rounds/);
    expect(double.keys()).to.deep.equal([]);
  });

  it('finds a server whose conditional DELETE is not atomic, only if it is used', async () => {
    await start({ conditionalDelete: 'checked outside the lock' });
    expect(wrongs(await findings({ removal: 'delete' })).join()).to.match(
      /a removal beside a write .*loses the write .*S3_REMOVAL=tombstone/,
    );
    expect(wrongs(await findings())).to.deep.equal([]);
  });

  it('finds a server that does not know conditions', async () => {
    await start({ ignoresConditions: true });
    expect(wrongs(await findings()).join()).to.match(/conditional writes .*If-None-Match forbids/);
  });

  it('says what a key may not do', async () => {
    await start();
    double.server.fault = (name) =>
      name === 'LIST' ? { status: 403, body: '<Error><Code>AccessDenied</Code></Error>' } : undefined;
    expect(wrongs(await findings()).join()).to.match(/a list of keys: .*AccessDenied.*s3:ListBucket/);
  });
});
