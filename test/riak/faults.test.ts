import { readFile } from 'node:fs/promises';
import { expect } from 'chai';

import type { Fault } from '../riak-double/faults.js';
import { TrackerOnRiak } from './support/tracker-on-riak.js';
import { heapSlack } from '../support/heap-slack.js';

const faults: Fault[] = [
  { kind: 'answer-lost', by: 'cut' },
  { kind: 'answer-lost', by: 'silence' },
  { kind: 'cut' },
  { kind: 'cut-mid-frame' },
  { kind: 'no-answer' },
  { kind: 'error', message: 'overload' },
  { kind: 'garbage', in: 'body' },
  { kind: 'garbage', in: 'code' },
  { kind: 'garbage', in: 'length' },
  { kind: 'stale-read' },
  { kind: 'delay', ms: 5000 },
];

function nameOf(fault: Fault): string {
  return Object.values(fault).join(' ');
}

/** Kinds that cost the time of a call. */
const isSlow = ({ kind }: Fault): boolean => kind === 'delay' || kind === 'no-answer';

describe('The tracker on Riak, while requests to Riak go wrong', function () {
  this.timeout(120_000);

  let harness: TrackerOnRiak;

  before(async () => {
    harness = await TrackerOnRiak.start(3);
  });
  after(() => harness.dispose());

  beforeEach(() => {
    harness.changeSwarms();
  });
  afterEach(() => harness.heal());

  for (const fault of faults) {
    it(`answers in time, keeps what it acknowledged and counts nothing twice under: ${nameOf(fault)}`, async () => {
      const before = harness.newPeers(60);
      expect(await harness.announceAll(before, 1)).to.have.members(before);
      for (const node of harness.double.nodes) node.faults.inject({ fault, probability: 0.2 });
      const during = await harness.announceAll(harness.newPeers(120), 3);
      expect(during.length).to.be.above(60);
      // Whoever gets no answer says again that it has completed, as a client does.
      await harness.announceAll(before, 3, { seeder: true, event: 'completed' });
      await harness.expectStored([...before, ...during]);
      expect(harness.downloads()).to.be.within(1, before.length);
    });
  }

  it('does not grow while faults of every kind come and go', async () => {
    const peers = harness.newPeers(300);
    const residentBytes: number[] = [];
    for (let round = 0; round < 30; round++) {
      for (const [i, fault] of faults.entries()) {
        const probability = isSlow(fault) ? 0.002 : 0.02;
        harness.double.nodes[i % 3]?.faults.inject({ fault, probability });
      }
      // A seeder every second time: so each announce is a write, and the data stays as large as it
      // is.
      await harness.announceAll(peers, 2, { seeder: round % 2 === 0 });
      await harness.heal();
      residentBytes.push(await residentBytesOf(harness.tracker.pid));
    }
    // By then the heap has found its size.
    const early = residentBytes[12] ?? 0;
    const late = residentBytes.at(-1) ?? Infinity;
    expect(late - early, residentBytes.join(' ')).to.be.below(heapSlack(16));
  });
});

/** Resident memory of a process, as Linux tells. */
async function residentBytesOf(pid: number): Promise<number> {
  const status = await readFile(`/proc/${pid}/status`, 'utf8');
  return Number(/^VmRSS:\s+(\d+) kB$/m.exec(status)?.[1]) * 1024;
}
