import { randomBytes } from 'node:crypto';

import { expect } from 'chai';

import { StoreError, StoreUnavailableError } from '../../../lib/store/errors.js';
import type { RiakStoreOptions } from '../../../lib/store/riak/options.js';
import { openRiakStore } from '../../../lib/store/riak/riak-store.js';
import type { Store } from '../../../lib/store/store.js';
import { startRiakDouble, type RiakDouble } from '../../riak-double/double.js';
import type { Fault, FaultRule } from '../../riak-double/faults.js';
import { Code } from '../../riak-double/messages.js';
import { startRiakDoubleProcess } from '../../riak-double/process.js';
import { freePort } from '../../support/free-port.js';
import { rejectionOf } from '../../support/rejection.js';
import { LogLines, optionsFor } from './support.js';

const callTimeoutMs = 400;
/** What a busy machine may be late by. */
const slackMs = 250;

const lostAnswers: Fault[] = [
  { kind: 'answer-lost', by: 'cut' },
  { kind: 'cut-mid-frame' },
  { kind: 'garbage', in: 'body' },
  { kind: 'garbage', in: 'code' },
  { kind: 'garbage', in: 'length' },
];
const faults: Fault[] = [
  ...lostAnswers,
  { kind: 'answer-lost', by: 'silence' },
  { kind: 'error', message: 'overload' },
  { kind: 'cut' },
  { kind: 'no-answer' },
];

function nameOf(fault: Fault): string {
  return Object.values(fault).join(' ');
}

describe('the Riak store, when Riak fails', () => {
  let double: RiakDouble;
  let store: Store;
  let log: LogLines;
  let key: string;

  async function start(nodes: number, changes: Partial<RiakStoreOptions> = {}): Promise<void> {
    double = await startRiakDouble({ nodes });
    log = new LogLines();
    store = openRiakStore(optionsFor(double.nodes, { callTimeoutMs, log, ...changes }));
    key = randomBytes(20).toString('hex');
  }

  function injectAll(rule: FaultRule): void {
    for (const node of double.nodes) node.faults.inject(rule);
  }

  /** Fails if the call takes longer than it may. */
  async function inTime<T>(call: Promise<T>): Promise<T> {
    const started = performance.now();
    try {
      return await call;
    } finally {
      expect(performance.now() - started).to.be.below(callTimeoutMs + slackMs);
    }
  }

  afterEach(async () => {
    await store.close();
    await double.close();
  });

  for (const fault of lostAnswers) {
    it(`repeats a fetch and a put on one node once after: ${nameOf(fault)}`, async () => {
      await start(1);
      const value = Uint8Array.of(5);
      injectAll({ fault, codes: [Code.getRequest, Code.putRequest], times: 1 });
      await store.fetch(key);
      injectAll({ fault, codes: [Code.getRequest, Code.putRequest], times: 1 });
      const put = await inTime(store.put(key, value));
      expect(put.values).to.deep.equal([value]);
      expect(double.operations.count(Code.putRequest)).to.equal(2);
      await store.put(key, Uint8Array.of(6), put.version);
      expect((await store.fetch(key)).values.map((one) => [...one])).to.deep.equal([[6]]);
    });
  }

  for (const fault of faults) {
    it(`turns to another node after: ${nameOf(fault)}`, async () => {
      await start(3);
      for (let step = 0; step < 6; step += 1) await store.fetch(key);
      double.nodes[1]?.faults.inject({ fault });
      for (let step = 0; step < 6; step += 1) {
        const put = await inTime(store.put(randomBytes(20).toString('hex'), Uint8Array.of(step)));
        expect(put.values.map((one) => [...one])).to.deep.equal([[step]]);
      }
    });

    it(`never counts twice and ends in time under: ${nameOf(fault)}`, async () => {
      await start(2);
      injectAll({ fault, codes: [Code.dataTypeUpdateRequest], times: 1 });
      let answered = 0;
      for (let step = 0; step < 6; step += 1) {
        await inTime(store.increment(key, 1)).then(
          () => (answered += 1),
          (error: unknown) => expect(error).to.be.instanceOf(StoreUnavailableError),
        );
      }
      // An overloaded node has not begun: the other one is asked, which once says the same.
      const refused = fault.kind === 'error' ? 1 : 2;
      expect(answered).to.equal(6 - refused);
      expect(double.operations.count(Code.dataTypeUpdateRequest)).to.equal(8 - refused);
      expect(double.counter('counters', 'tracker', key)).to.be.within(6 - refused, 6);
    });
  }

  for (const fault of faults) {
    it(`ends every call in time with a StoreUnavailableError, and heals, under lasting: ${nameOf(fault)}`, async () => {
      await start(1);
      injectAll({ fault });
      const calls = Array.from({ length: 20 }, () => inTime(rejectionOf(store.fetch(key))));
      for (const error of await Promise.all(calls)) expect(error).to.be.instanceOf(StoreUnavailableError);
      for (const node of double.nodes) node.faults.clear();
      await untilServed();
      expect(double.nodes[0]?.connectionCount).to.be.at.most(8);
    });
  }

  it('tells what Riak refused, shortened, as an error that trying again does not mend', async () => {
    await start(1);
    injectAll({ fault: { kind: 'error', message: 'x'.repeat(10_000) } });
    const error = await rejectionOf(store.fetch(key));
    expect(error).to.be.instanceOf(StoreError).and.not.instanceOf(StoreUnavailableError);
    expect(error).to.have.property('message').with.length.below(300);
    expect(double.operations.count()).to.equal(1);
  });

  it('starts with some nodes down, and takes them in when they are up', async () => {
    await start(3);
    await double.nodes[0]?.stop();
    await double.nodes[1]?.stop();
    await Promise.all(Array.from({ length: 20 }, () => inTime(store.fetch(key))));
    expect(log.lines.filter(({ event }) => event === 'riak node down')).to.not.be.empty;
    await double.nodes[0]?.start();
    await untilTrue(async () => {
      await store.fetch(key);
      return (double.nodes[0]?.operations.count(Code.getRequest) ?? 0) > 0;
    });
    expect(log.lines.map(({ event }) => event)).to.include('riak node up');
  });

  it('fails at once while all nodes are down, and heals when they are back', async () => {
    await start(2);
    await store.fetch(key);
    for (const node of double.nodes) await node.stop();
    await inTime(rejectionOf(store.fetch(key)));
    const started = performance.now();
    expect(await rejectionOf(store.check())).to.be.instanceOf(StoreUnavailableError);
    expect(performance.now() - started).to.be.below(100);
    for (const node of double.nodes) await node.start();
    await untilServed();
  });

  it('stays down for calls but not forever if the node accepts and is silent', async () => {
    await start(1);
    const node = double.nodes[0];
    node?.pause();
    for (let step = 0; step < 3; step += 1) {
      expect(await inTime(rejectionOf(store.fetch(key)))).to.be.instanceOf(StoreUnavailableError);
    }
    node?.resume();
    await untilServed();
  });

  it('sheds a silent node: after the first calls nobody waits for it', async () => {
    await start(3);
    await store.put(key, Uint8Array.of(1));
    for (let step = 0; step < 6; step += 1) await store.fetch(key);
    double.nodes[2]?.pause();
    for (let step = 0; step < 6; step += 1) await inTime(store.fetch(key));
    const started = performance.now();
    for (let step = 0; step < 30; step += 1) await store.fetch(key);
    expect(performance.now() - started).to.be.below(150);
    double.nodes[2]?.resume();
  });

  it('opens no more connections than it may while nodes are silent', async () => {
    await start(2, { maxConnections: 3 });
    for (const node of double.nodes) node.pause();
    for (let round = 0; round < 3; round += 1) {
      await Promise.all(Array.from({ length: 30 }, () => inTime(rejectionOf(store.fetch(key)))));
    }
    // A node that reads nothing does not see that any was closed. One more to each is for the sign
    // of life that is asked of it, and one for the next attempt after it gave none.
    for (const node of double.nodes) expect(node.connectionCount).to.be.at.most(5);
    for (const node of double.nodes) node.resume();
  });

  it('refuses calls in time if nothing listens at all', async () => {
    await start(1);
    const port = await freePort();
    const nowhere = openRiakStore(optionsFor([{ host: '127.0.0.1', port }], { callTimeoutMs }));
    expect(await inTime(rejectionOf(nowhere.fetch(key)))).to.be.instanceOf(StoreUnavailableError);
    await nowhere.close();
  });

  it('loses no answered put and counts no answered increment twice while faults come at random', async () => {
    await start(3);
    const pick = [...faults];
    for (const node of double.nodes) {
      for (const fault of pick) node.faults.inject({ fault, probability: 0.02 });
    }
    const counted = { answered: 0, sent: 0 };
    const writers = Array.from({ length: 10 }, async (_, writer) => {
      const answered: string[] = [];
      for (let step = 0; step < 20; step += 1) {
        const one = `${key}.${writer * 20 + step}`;
        await inTime(store.put(one, Buffer.from(one))).then(
          () => answered.push(one),
          () => undefined,
        );
        counted.sent += 1;
        await inTime(store.increment(key, 1)).then(
          () => (counted.answered += 1),
          () => undefined,
        );
      }
      return answered;
    });
    const answered = (await Promise.all(writers)).flat();
    for (const node of double.nodes) node.faults.clear();
    await untilServed();
    expect(answered.length).to.be.above(100);
    for (const one of answered) {
      const held = await store.fetch(one);
      expect(held.values.map((value) => Buffer.from(value).toString())).to.deep.equal([one]);
    }
    expect(double.counter('counters', 'tracker', key)).to.be.within(counted.answered, counted.sent);
    expect(await store.count(key)).to.equal(double.counter('counters', 'tracker', key));
  });

  it('leaves no socket behind, whatever went wrong on it', async () => {
    const socketsBefore = openSockets();
    await start(2);
    for (const node of double.nodes) {
      for (const fault of faults) node.faults.inject({ fault, probability: 0.1 });
    }
    for (let round = 0; round < 10; round += 1) {
      await Promise.allSettled(Array.from({ length: 10 }, () => store.fetch(key)));
    }
    for (const node of double.nodes) expect(node.connectionCount).to.be.at.most(9);
    await store.close();
    await double.close();
    await untilTrue(() => Promise.resolve(openSockets() <= socketsBefore));
  });

  async function untilServed(): Promise<void> {
    await untilTrue(() =>
      store.check().then(
        () => true,
        () => false,
      ),
    );
  }
});

describe('the Riak store, when a node is frozen', () => {
  it('ends its calls in time and goes on when the node does', async () => {
    const frozen = await startRiakDoubleProcess();
    const nodes = frozen.ports.map((port) => ({ host: '127.0.0.1', port }));
    const store = openRiakStore(optionsFor(nodes, { callTimeoutMs }));
    try {
      const put = await store.put('aa', Uint8Array.of(1));
      frozen.freeze();
      const started = performance.now();
      expect(await rejectionOf(store.put('aa', Uint8Array.of(2), put.version))).to.be.instanceOf(
        StoreUnavailableError,
      );
      expect(performance.now() - started).to.be.below(callTimeoutMs + slackMs);
      frozen.thaw();
      await untilTrue(() =>
        store.check().then(
          () => true,
          () => false,
        ),
      );
      expect((await store.fetch('aa')).values).to.have.length(1);
    } finally {
      await store.close();
      await frozen.close();
    }
  });
});

function openSockets(): number {
  return process.getActiveResourcesInfo().filter((resource) => resource === 'TCPSocketWrap').length;
}

async function untilTrue(holds: () => Promise<boolean>): Promise<void> {
  const deadline = performance.now() + 5000;
  while (!(await holds())) {
    if (performance.now() > deadline) throw new Error('it did not come true');
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
}
