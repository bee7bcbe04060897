import { expect } from 'chai';

import type { Finding } from '../../../lib/finding.js';
import { examineNamespace } from '../../../lib/doctor/openwhisk/examine.js';
import type { PlatformDeployment } from '../../../lib/doctor/deployment.js';
import type { OpenWhiskDoubleOptions } from '../../openwhisk-double/double.js';
import { BUILD_TIMEOUT_MS } from '../../openwhisk/support/bundles.js';
import { DeployedTracker, type DeployedOptions } from '../../openwhisk/support/deployed-tracker.js';
import { BUCKET, SWARM_TYPE } from '../../riak-double/tracker-types.js';
import { Cleanup } from '../../support/cleanup.js';
import { allOf, findingOn, lineOf, deploymentAt } from '../support/diagnosis.js';

const minute = 'invocations a minute';
const once = 'invocations at once';

describe('The doctor, of the limits of the namespace', function () {
  this.timeout(BUILD_TIMEOUT_MS);

  const atEnd = new Cleanup();
  let tracker: DeployedTracker;

  afterEach(() => atEnd.run());

  async function start(platform: OpenWhiskDoubleOptions, options: DeployedOptions = {}): Promise<void> {
    // The platform's minute is the clock's: a burst must not get two of them.
    const now = Date.now();
    const standing = { now: () => now, ...platform };
    tracker = await DeployedTracker.start({ concurrency: 64, platform: standing, ...options });
    atEnd.add(() => tracker.dispose());
  }

  function examine(changes: Partial<PlatformDeployment> = {}): Promise<Finding[]> {
    return allOf(examineNamespace(deploymentAt(tracker.platform, changes)));
  }

  it('says beforehand what it sends, and leaves nothing of it', async () => {
    await start({});
    const [first] = await examine();
    expect(first === undefined ? '' : lineOf(first)).to.equal(
      'note limits: 130 announces, 40 at a time, are sent to guest now and count as its invocations of this minute; DOCTOR_BURST sets how many',
    );
    expect(tracker.platform.activations()).to.have.length(130);
    expect(tracker.riak.keys(SWARM_TYPE, BUCKET)).to.deep.equal([]);
  });

  for (const auth of ['with', 'without'] as const) {
    const change = auth === 'with' ? {} : { auth: undefined };

    it(`finds the default of 60 a minute wrong, ${auth} the key of the namespace`, async () => {
      await start({ invocationsPerMinute: 60 });
      const finding = findingOn(minute, await examine(change));
      expect(lineOf(finding)).to.match(
        /^wrong invocations a minute: the platform allows 60; 60 of \d+ announces were answered, the others refused with 429$/,
      );
      expect(finding.remedy)
        .to.include('LIMITS_ACTIONS_INVOKES_PERMINUTE=600000')
        .and.include('wskadmin limits set guest --invocationsPerMinute 600000');
      expect(tracker.platform.activations()).to.have.length(60);
    });

    it(`finds the default of 30 at once wrong, ${auth} the key of the namespace`, async () => {
      await start({ concurrentInvocations: 30 });
      // So that runs meet.
      for (const node of tracker.riak.nodes) node.latency = () => 50;
      const findings = await examine(change);
      const finding = findingOn(once, findings);
      expect(finding.verdict).to.equal('wrong');
      expect(finding.detail).to.match(
        /^the platform allows 30; \d+ of 130 announces were answered, the others refused with 429; the most under way in one process: \d+$/,
      );
      expect(finding.remedy)
        .to.include('LIMITS_ACTIONS_INVOKES_CONCURRENT=5000')
        .and.include('wskadmin limits set guest --concurrentInvocations 5000');
    });

    it(`is content with raised ones, ${auth} the key of the namespace`, async () => {
      await start({ invocationsPerMinute: 600_000, concurrentInvocations: 5000 });
      for (const node of tracker.riak.nodes) node.latency = () => 50;
      const findings = await examine(change);
      expect(findings.map(({ verdict }) => verdict)).to.deep.equal(['note', 'ok', 'ok']);
      const told = auth === 'with';
      expect(findingOn(minute, findings).detail).to.equal(
        told
          ? 'the platform allows 600000; 130 of 130 announces were answered'
          : '130 of 130 announces were answered, more than the default of 60 allows',
      );
      expect(findingOn(once, findings).detail).to.match(
        told
          ? /^the platform allows 5000; 130 of 130 announces were answered; the most under way in one process: \d+/
          : /^130 of 130 announces were answered; the most under way in one process: \d+, more than the default of 30 allows$/,
      );
    });
  }

  it('is content with a limit that a burst reaches if it is more than the default', async () => {
    await start({ invocationsPerMinute: 100 });
    expect(lineOf(findingOn(minute, await examine({ auth: undefined })))).to.match(
      /^ok invocations a minute: the platform allows 100; 100 of \d+ announces were answered, the others refused with 429$/,
    );
  });

  it('believes the API where announces are too quick to reach the limit of those at once', async () => {
    await start({ concurrentInvocations: 30 });
    const finding = findingOn(once, await examine({ burst: 2 }));
    expect(lineOf(finding)).to.match(
      /^wrong invocations at once: the platform allows 30; 2 of 2 announces were answered; the most under way in one process: \d/,
    );
  });

  it('says that it does not know if neither the API nor the burst shows it', async () => {
    await start({});
    const findings = await examine({ auth: undefined, burst: 2 });
    expect(findings.map(({ verdict }) => verdict)).to.deep.equal(['note', 'note', 'note']);
    expect(findingOn(minute, findings).detail).to.equal(
      '2 of 2 announces were answered; whether more than the default of 60 are allowed is not known',
    );
  });

  it('sends nothing if it is told so', async () => {
    await start({});
    const findings = await examine({ burst: 0 });
    expect(findings.map(({ subject, verdict }) => `${verdict} ${subject}`)).to.deep.equal([
      `ok ${minute}`,
      `ok ${once}`,
    ]);
    expect(tracker.platform.activations()).to.deep.equal([]);
  });

  it('says what else is in the way of a burst', async () => {
    await start({});
    const finding = findingOn('limits', (await examine({ secret: 'another-secret-of-the-tests' })).slice(1));
    expect(finding.verdict).to.equal('wrong');
    expect(finding.detail).to.include('in a burst of announces: the platform answered 401');
  });
});
