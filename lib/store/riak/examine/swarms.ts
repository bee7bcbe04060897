import { setTimeout as delay } from 'node:timers/promises';

import type { RiakCluster } from '../riak-cluster.js';
import type { Held } from '../../store.js';
import { reasonOf } from '../../../error-message.js';
import { ok, wrong, type Finding } from '../../../finding.js';
import { testKey } from '../../test-key.js';
import type { RiakDeployment } from '../options.js';
import { createTypes, remedyFor } from './remedies.js';

/** Tries out what the tracker does with shards, and its purge. */
export async function* examineSwarms(
  cluster: RiakCluster,
  deployment: RiakDeployment,
): AsyncGenerator<Finding> {
  const trial = new SwarmTrial(cluster, deployment);
  try {
    const first = await trial.write();
    yield first.finding;
    if (first.held === undefined) return;
    yield await trial.read();
    yield await trial.conflict(first.held);
    yield await trial.listKeys();
  } finally {
    await trial.cleanUp();
  }
}

/** A page of keys: replicas that are slow to follow are given this long. */
const patienceMs = 2000;
const pauseMs = 50;

class SwarmTrial {
  private readonly key = testKey();

  constructor(
    private readonly cluster: RiakCluster,
    private readonly deployment: RiakDeployment,
  ) {}

  async write(): Promise<{ readonly finding: Finding; readonly held?: Held }> {
    const subject = `a write to ${this.place}`;
    const started = performance.now();
    try {
      const held = await this.put('a', undefined);
      return { finding: ok(subject, `took ${Math.round(performance.now() - started)} ms`), held };
    } catch (error) {
      return { finding: this.failure(subject, error) };
    }
  }

  /** With r=1 a replica that has not heard of the write may answer first; soon all have. */
  async read(): Promise<Finding> {
    const subject = `a read from ${this.place}`;
    return this.attempt(subject, async () => {
      const found = await eventually(async () => (await this.get()).values.length > 0);
      return found
        ? ok(subject, 'has what was written')
        : wrong(subject, 'has nothing', 'riak admin transfers');
    });
  }

  /**
   * Whether a write replaces exactly what its version covers: written over `a` knowing nothing, `b`
   * stands beside it; written knowing `a` only, `c` replaces `a` and leaves `b`. Without allow_mult
   * `b` alone is left at first, without dvv_enabled `a` stays for ever.
   */
  async conflict(first: Held): Promise<Finding> {
    const subject = `concurrent writes to ${this.place}`;
    const update = (prop: string): string =>
      `riak admin bucket-type update ${this.deployment.swarmBucketType} '{"props":{"${prop}":true}}'`;
    return this.attempt(subject, async () => {
      const blind = textsOf(await this.put('b', undefined));
      if (!blind.includes('a') || !blind.includes('b')) {
        return wrong(subject, 'one of them is lost', update('allow_mult'));
      }
      const informed = textsOf(await this.put('c', first.version));
      if (informed.includes('a')) {
        return wrong(subject, 'what was replaced stays, so that objects grow', update('dvv_enabled'));
      }
      const both = informed.includes('b') && informed.includes('c');
      return both ? ok(subject, 'are both kept') : wrong(subject, 'one of them is lost', createTypes);
    });
  }

  async listKeys(): Promise<Finding> {
    const subject = `a page of keys of ${this.place}`;
    const { caller, listing } = this.cluster;
    const started = performance.now();
    return this.attempt(subject, async () => {
      const range = { from: this.key, to: `${this.key}~` };
      const isListed = async (): Promise<boolean> =>
        (await caller.call(listing.keys(range, undefined, 1), this.deployment.keysTimeoutMs)).keys.length ===
        1;
      return (await eventually(isListed))
        ? ok(subject, `took ${Math.round(performance.now() - started)} ms`)
        : wrong(subject, 'lacks a key that is there', 'riak admin transfers; riak admin repair-2i');
    });
  }

  /** Removes what was written, whatever has become of it. */
  async cleanUp(): Promise<void> {
    const { caller, swarms } = this.cluster;
    try {
      const { version } = await this.get();
      if (Buffer.isBuffer(version))
        await caller.call(swarms.remove(this.key, version), this.deployment.callTimeoutMs);
    } catch {
      // Why the store cannot be used has been told.
    }
  }

  private get place(): string {
    return `${this.deployment.swarmBucketType}/${this.deployment.swarmBucket}`;
  }

  private put(text: string, version: Held['version']): Promise<Held> {
    const { caller, swarms } = this.cluster;
    const vclock = Buffer.isBuffer(version) ? version : undefined;
    return caller.call(swarms.put(this.key, Buffer.from(text), vclock), this.deployment.callTimeoutMs);
  }

  private get(): Promise<Held> {
    return this.cluster.caller.call(this.cluster.swarms.get(this.key), this.deployment.callTimeoutMs);
  }

  private async attempt(subject: string, doing: () => Promise<Finding>): Promise<Finding> {
    try {
      return await doing();
    } catch (error) {
      return this.failure(subject, error);
    }
  }

  private failure(subject: string, error: unknown): Finding {
    const reason = reasonOf(error);
    return wrong(subject, reason, remedyFor(reason, this.deployment));
  }
}

function textsOf({ values }: Held): string[] {
  return values.map((value) => Buffer.from(value).toString());
}

async function eventually(holds: () => Promise<boolean>): Promise<boolean> {
  const deadline = performance.now() + patienceMs;
  while (!(await holds())) {
    if (performance.now() > deadline) return false;
    await delay(pauseMs);
  }
  return true;
}
