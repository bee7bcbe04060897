/**
 * Holds the double to a real Riak KV 3.2: every recorded request is sent to the double, in the
 * recorded order, and its answer compared with the recorded one. What is not compared is listed in
 * comparable.ts. All recorded scenarios are replayed, none is left out.
 *
 * Some of what the real Riak held was written outside the recording, and is written here before the
 * scenario that sees it.
 */

import { expect } from 'chai';
import { comparable } from './comparable.js';
import type { RiakDouble } from './double.js';
import { startRiakDouble } from './double.js';
import type { Frame } from './framing.js';
import { Code, getAnswer, indexRequest, listBucketsAnswer, putRequest } from './messages.js';
import { RawClient } from './raw-client.js';
import type { Scenario } from './transcripts.js';
import {
  LARGE_VALUE,
  OpaqueMap,
  readScenarios,
  recordedAnswers,
  recordedRequest,
  replay,
} from './transcripts.js';

const BUCKET = 'tr-mwrryght';

/**
 * Recorded answers in full; of the one that was cut off, what the double must have answered instead
 * is known: the large value.
 */
function wholeAnswers(scenario: Scenario): Frame[] {
  return recordedAnswers(scenario).map(({ code, body }) => ({ code, body: body ?? largeAnswer() }));
}

function largeAnswer(): Buffer {
  const content = {
    value: LARGE_VALUE,
    content_type: Buffer.from('application/octet-stream'),
    vtag: Buffer.alloc(0),
    last_mod: 0,
    last_mod_usecs: 0,
  };
  return getAnswer.encode({ content: [content], vclock: Buffer.alloc(0) });
}

function isPaged(scenario: Scenario): boolean {
  const request = recordedRequest(scenario);
  return request.code === Code.indexRequest && indexRequest.decode(request.body).max_results !== undefined;
}

describe('the Riak double, replaying what a real Riak answered', () => {
  const scenarios = readScenarios();
  const answers = new Map<string, Frame[]>();
  let double: RiakDouble;
  let client: RawClient;
  let now = Date.UTC(2026, 10, 22);

  async function store(bucket: string, key: string): Promise<void> {
    const request = {
      bucket: Buffer.from(bucket),
      key: Buffer.from(key),
      content: { value: Buffer.from('x') },
      type: Buffer.from('siblings'),
    };
    await client.ask(Code.putRequest, putRequest.encode(request));
  }

  /** What happened outside the recording just before a scenario. */
  const preparations: Readonly<Record<string, (scenario: Scenario) => Promise<void>>> = {
    'fetch-deleted-later': () => {
      now += 4000;
      return Promise.resolve();
    },
    'index-key-range-page-1': async () => {
      for (let i = 0; i < 12; i += 1) await store(BUCKET, `k${String(i).padStart(2, '0')}`);
    },
    'list-buckets': async (scenario) => {
      const bodies = wholeAnswers(scenario).map(({ body }) => listBucketsAnswer.decode(body));
      const others = bodies.flatMap(({ buckets = [] }) => buckets.map((name) => name.toString()));
      for (const bucket of others.filter((name) => name !== BUCKET)) await store(bucket, 'k');
    },
  };

  before(async () => {
    double = await startRiakDouble({ now: () => now });
    client = await RawClient.connect(double.nodes[0]?.port ?? 0);
    const opaque = new OpaqueMap();
    for (const scenario of scenarios) {
      await preparations[scenario.name]?.(scenario);
      answers.set(scenario.name, await replay(scenario, client, opaque));
    }
  });

  after(async () => {
    client.close();
    await double.close();
  });

  it('has 48 scenarios to replay', () => {
    expect(scenarios).to.have.length(48);
  });

  for (const scenario of scenarios) {
    it(`answers ${scenario.name} as recorded${scenario.note === '' ? '' : ` (${scenario.note})`}`, () => {
      const paged = isPaged(scenario);
      const answered = comparable(answers.get(scenario.name) ?? [], paged);
      expect(answered).to.deep.equal(comparable(wholeAnswers(scenario), paged));
    });
  }
});
