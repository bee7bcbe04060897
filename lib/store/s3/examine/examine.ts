import { systemClock } from '../../../environment.js';
import { ok, warning, wrong, type Finding } from '../../../finding.js';
import { clockFinding } from '../../aws/examine/clock.js';
import { raceOfWriters, raceWithRemoval, writers } from '../../aws/examine/races.js';
import { failed, type ApiWords } from '../../aws/examine/remedies.js';
import { SignedClient } from '../../aws/signed-client.js';
import type { Store } from '../../store.js';
import { testKey } from '../../test-key.js';
import { bucketUrl } from '../bucket-url.js';
import type { S3SettingsOptions } from '../options.js';
import { openS3Store } from '../s3-store.js';
import { Scratch } from './scratch.js';

const words: ApiWords = {
  create: 'node deploy/s3/create.mjs makes it',
  permissions: 's3:GetObject, s3:PutObject, s3:DeleteObject on its objects and s3:ListBucket on the bucket',
};

const value = Uint8Array.of(1);

/**
 * Looks at a bucket as the tracker would use it: whether it is there and lets this key in, the
 * clock, each kind of request, and whether of writers at once exactly one wins. What it wrote it
 * removes again.
 */
export async function* examineS3(deployment: S3SettingsOptions): AsyncGenerator<Finding> {
  const options = { ...deployment, clock: systemClock, random: Math.random, maxConnections: writers };
  const url = bucketUrl(options);
  const client = new SignedClient('s3', { ...options, endpoint: url.endpoint });
  const scratch = new Scratch(client, options, url.base + deployment.prefix);
  const store = openS3Store(options);
  const deleting = openS3Store({ ...options, removal: 'delete' });
  try {
    const reached = await reach(client, deployment, url.base);
    yield* reached.findings;
    if (!reached.usable) return;
    const written = await examineWrites(store, deployment, scratch);
    yield written;
    if (written.verdict !== 'ok') return;
    yield await examineWriters(store, scratch);
    yield await examineRemoval(store, deleting, deployment, scratch);
    yield await examineListing(store, scratch);
    yield await examineCounts(store, scratch);
  } finally {
    await scratch.cleanUp();
    await Promise.all([store.close(), deleting.close(), client.close()]);
  }
}

async function reach(
  client: SignedClient,
  deployment: S3SettingsOptions,
  base: string,
): Promise<{ usable: boolean; findings: Finding[] }> {
  const subject = `bucket ${deployment.bucket} at ${deployment.endpoint.host}`;
  const started = performance.now();
  try {
    const answer = await client.call(deployment.callTimeoutMs, (send) =>
      send({
        name: 'read',
        method: 'GET',
        path: `${base}${deployment.prefix}${testKey()}`,
        repeatable: true,
      }),
    );
    // What a refusal says is said by the store's own read.
    const store = openS3Store({ ...deployment, clock: systemClock, random: Math.random });
    try {
      await store.check();
    } finally {
      await store.close();
    }
    const tookMs = Math.round(performance.now() - started);
    return {
      usable: true,
      findings: [ok(subject, `is there, answered in ${tookMs} ms`), clockFinding(answer.clockAheadSeconds)],
    };
  } catch (error) {
    return { usable: false, findings: [failed(subject, error, words)] };
  }
}

/** That a write gets through, and that the conditional ones fail that must. */
async function examineWrites(
  store: Store,
  deployment: S3SettingsOptions,
  scratch: Scratch,
): Promise<Finding> {
  const subject = `conditional writes to ${deployment.bucket}/${deployment.prefix}`;
  return attempt(subject, async () => {
    const key = scratch.key();
    const first = await store.put(key, value);
    const second = await store.put(key, value, first.version);
    const blind = await store.put(key, Uint8Array.of(2));
    const stale = await store.put(key, Uint8Array.of(3), first.version);
    if (!second.stored) return wrong(subject, 'are refused that should not be', otherServer);
    if (blind.stored) return wrong(subject, 'are done though If-None-Match forbids it', otherServer);
    if (stale.stored) return wrong(subject, 'are done though If-Match forbids it', otherServer);
    return ok(subject, 'are done and refused as they should be');
  });
}

const otherServer = 'use another server: this one loses announces (docs/s3.md has those that do not)';

async function examineWriters(store: Store, scratch: Scratch): Promise<Finding> {
  const subject = `${writers} writers at once`;
  return attempt(subject, async () => {
    const { rounds, lost } = await raceOfWriters(store, scratch.key());
    return lost === 0
      ? ok(subject, `lose nothing in ${rounds} rounds`)
      : wrong(subject, `lose what was answered in ${lost} of ${rounds} rounds`, otherServer);
  });
}

/** With tombstones it says whether deleting would do as well. */
async function examineRemoval(
  store: Store,
  deleting: Store,
  deployment: S3SettingsOptions,
  scratch: Scratch,
): Promise<Finding> {
  const subject = `a removal beside a write (S3_REMOVAL is ${deployment.removal})`;
  return attempt(subject, async () => {
    const { rounds, lost } = await raceWithRemoval(store, () => scratch.key());
    const seen = `loses the write in ${lost} of ${rounds} rounds`;
    if (lost > 0) {
      return wrong(subject, seen, deployment.removal === 'delete' ? 'S3_REMOVAL=tombstone' : otherServer);
    }
    if (deployment.removal === 'delete') return ok(subject, `loses no write in ${rounds} rounds`);
    const deletes = await raceWithRemoval(deleting, () => scratch.key());
    const safe = deletes.lost === 0 ? ' (so does S3_REMOVAL=delete here, as far as this shows)' : '';
    return ok(subject, `loses no write in ${rounds} rounds${safe}`);
  });
}

async function examineListing(store: Store, scratch: Scratch): Promise<Finding> {
  const subject = 'a list of keys';
  return attempt(subject, async () => {
    const base = scratch.key();
    const keys = [base, `${base}.1`, `${base}.10`, `${base}.2`];
    for (const key of keys) {
      scratch.note(key);
      await store.put(key, value);
    }
    const { keys: listed } = await store.keys({ from: base, to: `${base}~` }, undefined, 10);
    if (listed.length < keys.length) {
      return wrong(subject, `has ${listed.length} of ${keys.length} that were written`, otherServer);
    }
    return listed.join() === keys.join()
      ? ok(subject, 'is whole and in order')
      : warning(
          subject,
          `is not in the order of bytes: ${listed.join(' ')}`,
          'use another server: purges miss swarms',
        );
  });
}

async function examineCounts(store: Store, scratch: Scratch): Promise<Finding> {
  const subject = 'a download count';
  return attempt(subject, async () => {
    const key = scratch.countKey();
    await store.increment(key, 2);
    await store.increment(key, 1);
    const count = await store.count(key);
    return count === 3
      ? ok(subject, 'counts')
      : wrong(subject, `is ${count} after 2 and 1 were added`, otherServer);
  });
}

async function attempt(subject: string, look: () => Promise<Finding>): Promise<Finding> {
  try {
    return await look();
  } catch (error) {
    return failed(subject, error, words);
  }
}
