import { expect } from 'chai';

import { startDynamoDbDouble } from '../../dynamodb-double/double.js';
import { startOpenWhiskDouble, type OpenWhiskDouble } from '../../openwhisk-double/double.js';
import { s3Credentials, s3Region, startS3Double } from '../../s3-double/double.js';
import type { SignedServer } from '../../store/aws/support/signed-server.js';
import { Cleanup } from '../../support/cleanup.js';
import { defined } from '../../support/defined.js';
import { describeWith } from '../../support/programs.js';
import { environmentFor, run, type Environment } from './support/deployment.js';
import { wskdeployBuilt } from './support/wskdeploy.js';

interface Subject {
  readonly server: SignedServer;
  readonly settings: Environment;
  /** Objects or items that hold something. */
  readonly held: () => number;
}

const subjects: Readonly<Record<string, () => Promise<Subject>>> = {
  s3: async () => {
    const double = await startS3Double();
    return {
      server: double.server,
      settings: { S3_BUCKET: 'tracker' },
      held: () =>
        [...(double.buckets.get('tracker')?.values() ?? [])].filter(({ body }) => body.length > 15).length,
    };
  },
  dynamodb: async () => {
    const double = await startDynamoDbDouble();
    return { server: double.server, settings: {}, held: () => double.keys().length };
  },
};

for (const [store, start] of Object.entries(subjects)) {
  describeWith([wskdeployBuilt], `npm run deploy with STORE=${store}`, () => {
    const atEnd = new Cleanup();
    let platform: OpenWhiskDouble;
    let subject: Subject;
    let environment: Environment;

    beforeEach(async () => {
      platform = await startOpenWhiskDouble({});
      atEnd.add(() => platform.close());
      subject = await start();
      atEnd.add(() => subject.server.close());
      const { RIAK_NODES, ...others } = environmentFor(platform, 'none');
      expect(RIAK_NODES).to.equal('none');
      environment = {
        ...others,
        STORE: store,
        AWS_ENDPOINT_URL: subject.server.url.origin,
        AWS_REGION: s3Region,
        AWS_ACCESS_KEY_ID: s3Credentials.accessKeyId,
        AWS_SECRET_ACCESS_KEY: s3Credentials.secretAccessKey,
        ...subject.settings,
      };
    });
    afterEach(() => atEnd.run());

    it('previews without a secret, and changes nothing', async () => {
      const { status, stdout, stderr } = await run('deploy', environment, ['--preview']);
      expect(status, stdout + stderr).to.equal(0);
      expect(stdout).to.include(`STORE : "${store}"`);
      expect(stdout + stderr).to.not.include(s3Credentials.secretAccessKey);
      expect(platform.apiCalls).to.deep.equal([]);
    }).timeout(60_000);

    it('deploys, announces, and leaves nothing of its announce', async () => {
      const { status, stdout, stderr } = await run('deploy', environment);
      expect(status, stdout + stderr).to.equal(0);
      expect(stdout).to.match(/announced in \d+ ms: the tracker answered/);
      const { parameters } = defined(platform.entities.packages.get('tracker'));
      expect(parameters).to.deep.include({
        STORE: store,
        AWS_SECRET_ACCESS_KEY: s3Credentials.secretAccessKey,
      });
      expect(subject.server.total).to.be.above(0);
      expect(subject.held()).to.equal(0);
    }).timeout(60_000);

    it('says what is missing', async () => {
      const { AWS_SECRET_ACCESS_KEY, ...without } = environment;
      expect(AWS_SECRET_ACCESS_KEY).to.not.equal('');
      const { status, stderr } = await run('deploy', without);
      expect(status).to.equal(1);
      expect(stderr).to.match(/^AWS_SECRET_ACCESS_KEY: is missing/);
    }).timeout(60_000);
  });
}

describeWith([wskdeployBuilt], 'npm run deploy with a STORE', () => {
  it('that no action can use says so', async () => {
    const platform = await startOpenWhiskDouble({});
    try {
      const { status, stderr } = await run('deploy', { ...environmentFor(platform, 'a:1'), STORE: 'lmdb' });
      expect(status).to.equal(1);
      expect(stderr).to.match(/^STORE: got "lmdb", takes one of riak, s3, dynamodb/);
    } finally {
      await platform.close();
    }
  }).timeout(60_000);
});
