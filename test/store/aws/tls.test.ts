import { readFileSync } from 'node:fs';
import { expect } from 'chai';

import { openS3Store } from '../../../lib/store/s3/s3-store.js';
import { StoreUnavailableError } from '../../../lib/store/errors.js';
import { makeCertificate } from '../../nginx/support/certificate.js';
import { startS3Double, type S3Double } from '../../s3-double/double.js';
import { Cleanup } from '../../support/cleanup.js';
import { describeWith, installed } from '../../support/programs.js';
import { rejectionOf } from '../../support/rejection.js';
import { makeTempDir, removeTempDir } from '../../support/temp-dir.js';
import { s3OptionsFor } from '../s3/support.js';

describeWith([installed('openssl')], 'A store behind TLS', () => {
  const atEnd = new Cleanup();
  afterEach(() => atEnd.run());

  async function start(host: string): Promise<{ double: S3Double; ca: string }> {
    const directory = await makeTempDir();
    atEnd.add(() => removeTempDir(directory));
    const files = makeCertificate(directory, host);
    const ca = readFileSync(files.certificate, 'utf8');
    const double = await startS3Double({ tls: { key: readFileSync(files.key, 'utf8'), cert: ca } });
    atEnd.add(() => double.server.close());
    return { double, ca };
  }

  it('is reached if AWS_CA has the authority of its certificate', async () => {
    const { double, ca } = await start('localhost');
    const store = openS3Store(s3OptionsFor(double.server.url, { ca, callTimeoutMs: 5000 }));
    atEnd.add(() => store.close());
    expect((await store.put('aa', Uint8Array.of(1))).stored).to.equal(true);
    expect((await store.fetch('aa')).values).to.have.length(1);
  });

  it('is not, and gets nothing, if its certificate is of another authority or for another name', async () => {
    const trusted = await start('localhost');
    const untrusted = openS3Store(s3OptionsFor(trusted.double.server.url, { callTimeoutMs: 5000 }));
    atEnd.add(() => untrusted.close());
    const misnamed = await start('tracker.example');
    const wrongName = openS3Store(
      s3OptionsFor(misnamed.double.server.url, { ca: misnamed.ca, callTimeoutMs: 5000 }),
    );
    atEnd.add(() => wrongName.close());
    for (const [store, reason] of [
      [untrusted, /self-signed|unable to verify/],
      [wrongName, /altnames/],
    ] as const) {
      const error = await rejectionOf(store.put('aa', Uint8Array.of(1)));
      expect(error).to.be.instanceOf(StoreUnavailableError);
      expect((error as Error).message).to.match(reason);
    }
    expect(trusted.double.server.total + misnamed.double.server.total).to.equal(0);
  });
});
