import { randomUUID } from 'node:crypto';
import { Agent } from 'node:http';

import openwhisk from 'openwhisk';

import { ask, callApi, deploy, RAW, type Answer } from '../../openwhisk-double/client.js';
import {
  startOpenWhiskDouble,
  type OpenWhiskDouble,
  type OpenWhiskDoubleOptions,
} from '../../openwhisk-double/double.js';
import { toKeyValues, type JsonObject } from '../../openwhisk-double/json.js';
import { trackerTypes } from '../../riak-double/tracker-types.js';
import { startRiakDouble, type RiakDouble } from '../../riak-double/double.js';
import { Cleanup } from '../../support/cleanup.js';
import { ACTION_NAMES, bundleCode, ensureBuilt } from './bundles.js';

export interface DeployedOptions {
  readonly platform?: OpenWhiskDoubleOptions;
  /**
   * Settings of the tracker; STORE and RIAK_NODES are the test's own. It waits long, unless they
   * say otherwise.
   */
  readonly settings?: JsonObject;
  /** `limits.concurrency` of the web actions; 1 if missing. */
  readonly concurrency?: number;
  /** Of the web actions; raw if missing. */
  readonly annotations?: JsonObject;
  /** Of the web actions; undefined leaves them open to everybody. */
  readonly secret?: string | undefined;
  /** Of the web actions. */
  readonly timeoutMs?: number;
  readonly purgeTimeoutMs?: number;
}

/** What the gateway adds to each request. */
export const SECRET = 'the-secret-of-the-tests_0123456789';
const PACKAGE = 'tracker';

/**
 * The doubles run in the process of the tests, which on a busy machine is slow: a client that is
 * told to try again would be a failed test, but none that shows anything. Milliseconds.
 */
const patient: JsonObject = {
  ANNOUNCE_TIMEOUT: 25_000,
  RIAK_CALL_TIMEOUT: 20_000,
  RIAK_CONNECT_TIMEOUT: 10_000,
};

/** The bundles on a double of OpenWhisk, with a double of Riak, and this test as the gateway. */
export class DeployedTracker {
  private readonly agent = new Agent({ keepAlive: true, maxSockets: 64 });

  private constructor(
    readonly platform: OpenWhiskDouble,
    readonly riak: RiakDouble,
    private readonly atEnd: Cleanup,
  ) {}

  static async start(options: DeployedOptions = {}): Promise<DeployedTracker> {
    ensureBuilt();
    const atEnd = new Cleanup();
    try {
      const riak = await startRiakDouble({ types: trackerTypes });
      atEnd.add(() => riak.close());
      const platform = await startOpenWhiskDouble({
        invocationsPerMinute: 1e9,
        concurrentInvocations: 1e9,
        maxConcurrency: 64,
        // A test cannot wait for 12 s.
        deadContainerMs: 200,
        ...options.platform,
      });
      atEnd.add(() => platform.close());
      const tracker = new DeployedTracker(platform, riak, atEnd);
      await tracker.deploy(options);
      return tracker;
    } catch (error) {
      await atEnd.run();
      throw error;
    }
  }

  async dispose(): Promise<void> {
    this.agent.destroy();
    await this.atEnd.run();
  }

  /** A request as the gateway sends it: the client's request line in a header, and the secret. */
  request(
    action: 'announce' | 'scrape',
    query: string,
    address = '192.0.2.1',
    headers: Readonly<Record<string, string>> = {},
  ): Promise<Answer> {
    return this.requestPast(action, {
      'X-Original-URI': `/${action}?${query}`,
      'X-Real-IP': address,
      'X-Require-Whisk-Auth': SECRET,
      ...headers,
    });
  }

  /** A request past the gateway, with these headers and a query that says something else. */
  requestPast(action: 'announce' | 'scrape', headers: Readonly<Record<string, string>>): Promise<Answer> {
    const misleading = `info_hash=${randomUUID().slice(0, 20)}&peer_id=-XX0000-000000000000&port=9`;
    return ask(`${this.platform.webUrl(`${PACKAGE}/${action}`)}?${misleading}`, {
      headers,
      agent: this.agent,
    });
  }

  /** Has the purge run whenever the trigger of that name fires, which an alarm does. */
  async schedule(trigger: string): Promise<void> {
    const { apiHost, auth, namespace } = this.platform;
    const client = openwhisk({ apihost: apiHost, api_key: auth, namespace });
    await client.triggers.create({ name: trigger });
    await client.rules.create({ name: `${trigger}-rule`, trigger, action: `${PACKAGE}/purge` });
    await client.feeds.create({
      name: '/whisk.system/alarms/interval',
      trigger,
      params: { minutes: 60 },
    });
  }

  /** Runs the purge to its end. */
  async purge(): Promise<void> {
    const { apiHost, auth, namespace } = this.platform;
    const client = openwhisk({ apihost: apiHost, api_key: auth, namespace });
    const result: unknown = await client.actions.invoke({
      name: `${PACKAGE}/purge`,
      blocking: true,
      result: true,
    });
    const { done } = result as { readonly done?: unknown };
    if (done !== true) throw new Error(`the purge has not ended: ${JSON.stringify(result)}`);
  }

  /** Gives the package these settings and no others; the actions stay as they are. */
  async bind(settings: JsonObject): Promise<void> {
    const parameters = { STORE: 'riak', RIAK_NODES: this.riak.addresses, ...patient, ...settings };
    const answer = await callApi(this.platform, 'PUT', `packages/${PACKAGE}?overwrite=true`, {
      parameters: toKeyValues(parameters),
    });
    if (answer.status !== 200) throw new Error(`the package was refused: ${answer.body.toString()}`);
  }

  private async deploy(options: DeployedOptions): Promise<void> {
    const { settings = {}, annotations = RAW, concurrency = 1 } = options;
    const { timeoutMs = 30_000, purgeTimeoutMs = 60_000 } = options;
    const secret = 'secret' in options ? options.secret : SECRET;
    const secured = secret === undefined ? annotations : { ...annotations, 'require-whisk-auth': secret };
    await this.bind(settings);
    for (const name of ACTION_NAMES) {
      const isWeb = name !== 'purge';
      await deploy(this.platform, `${PACKAGE}/${name}`, bundleCode(name), {
        annotations: isWeb ? secured : { 'provide-api-key': true },
        limits: isWeb ? { timeout: timeoutMs, concurrency } : { timeout: purgeTimeoutMs },
      });
    }
  }
}
