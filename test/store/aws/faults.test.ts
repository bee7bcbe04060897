import { expect } from 'chai';

import type { AwsOptions } from '../../../lib/store/aws/options.js';
import { StoreError, StoreUnavailableError } from '../../../lib/store/errors.js';
import type { Store } from '../../../lib/store/store.js';
import { Cleanup } from '../../support/cleanup.js';
import { rejectionOf } from '../../support/rejection.js';
import { s3Credentials as doubleCredentials } from '../../s3-double/double.js';
import { seededRandom } from '../../support/seeded-random.js';
import type { Fault } from './support/signed-server.js';
import { subjects, type Subject } from './support/subjects.js';

const key = 'aa00112233445566778899aabbccddeeff001122';
const value = Uint8Array.of(1, 2, 3);
const callTimeoutMs = 500;
/** What a call may be late on a busy machine. */
const slackMs = 2000;

for (const [name, start] of Object.entries(subjects)) {
  describe(`the store on ${name}, when something goes wrong`, () => {
    const atEnd = new Cleanup();
    let subject: Subject;
    let store: Store;

    beforeEach(async () => {
      subject = await start();
      atEnd.add(() => subject.server.close());
      store = open();
    });
    afterEach(() => atEnd.run());

    function open(changes: Partial<AwsOptions> = {}): Store {
      const opened = subject.open({ callTimeoutMs, ...changes });
      atEnd.add(() => opened.close());
      return opened;
    }

    /** The next request of that name, and no other one, has this fault. */
    function once(operation: string, fault: Fault): void {
      let left = 1;
      subject.server.fault = (asked) => (asked === operation && left-- > 0 ? fault : undefined);
    }

    async function unavailable(call: Promise<unknown>): Promise<StoreUnavailableError> {
      const error = await rejectionOf(call);
      expect(error).to.be.instanceOf(StoreUnavailableError);
      return error as StoreUnavailableError;
    }

    for (const fault of ['silent before', 'silent after'] as const) {
      it(`gives up in time on a server that is ${fault} a write, and goes on when it answers`, async () => {
        once(subject.put, fault);
        const began = performance.now();
        const { message } = await unavailable(store.put(key, value));
        expect(performance.now() - began).to.be.within(callTimeoutMs - 50, callTimeoutMs + slackMs);
        expect(message).to.include('no answer in time');
        const held = await store.fetch(key);
        expect(held.values).to.have.length(fault === 'silent after' ? 1 : 0);
        expect((await store.put(key, value, held.version)).stored).to.equal(true);
      });
    }

    for (const fault of ['lost before', 'lost after', 'half'] as const) {
      it(`stores a put once whose connection is ${fault}`, async () => {
        const { version } = await store.put(key, Uint8Array.of(9));
        once(subject.put, fault);
        const put = await store.put(key, value, version);
        expect(put.stored).to.equal(true);
        const held = await store.fetch(key);
        expect([...(held.values[0] ?? [])]).to.deep.equal([...value]);
        expect(held.version).to.deep.equal(put.version);
      });
    }

    it('does not take another process for itself when the answer to a put is lost', async () => {
      const other = open();
      const { version } = await store.put(key, Uint8Array.of(9));
      once(subject.put, 'lost before');
      const [mine, theirs] = await Promise.all([
        store.put(key, value, version),
        other.put(key, value, version),
      ]);
      expect([mine.stored, theirs.stored].sort()).to.deep.equal([false, true]);
    });

    it('removes a value whose connection is lost after it', async () => {
      const { version = '' } = await store.put(key, value);
      subject.server.fault = (() => {
        let left = 1;
        return (operation) => (operation !== 'GET' && left-- > 0 ? ('lost after' as const) : undefined);
      })();
      await store.remove(key, version);
      expect((await store.fetch(key)).values).to.deep.equal([]);
    });

    it('says busy, not broken, when the server is overloaded or fails', async () => {
      const refusals = [
        { status: 503, body: '<Error><Code>SlowDown</Code></Error>' },
        { status: 500, body: '{"__type":"x#InternalServerError"}' },
        { status: 429, body: '' },
        { status: 400, body: '{"__type":"x#ThrottlingException"}' },
        { status: 400, body: '{"__type":"x#ProvisionedThroughputExceededException"}' },
      ].filter(({ status }) => name === 'DynamoDB' || status !== 400);
      for (const refusal of refusals) {
        subject.server.fault = () => refusal;
        await unavailable(store.fetch(key));
        await unavailable(store.put(key, value));
      }
    });

    it('says what the server said when it refuses, which is no overload', async () => {
      const wrongSecret = open({ credentials: { accessKeyId: 'AKIDEXAMPLE', secretAccessKey: 'hush-hush' } });
      const error = await rejectionOf(wrongSecret.fetch(key));
      expect(error).to.be.instanceOf(StoreError).and.not.instanceOf(StoreUnavailableError);
      expect((error as StoreError).message).to.include('SignatureDoesNotMatch');
      expect((error as StoreError).message).to.not.include('hush');
    });

    it('says by how much the clock is off when the server refuses for that', async () => {
      subject.server.clockAheadMs = 1_200_000;
      const error = (await rejectionOf(store.fetch(key))) as StoreError;
      expect(error.message).to.match(/the clock of this machine is (119\d|120\d) s behind the server's/);
    });

    it('fails at once while the server is gone, and goes on by itself when it is back', async () => {
      await store.put(key, value);
      await subject.server.close();
      const began = performance.now();
      await unavailable(store.fetch(key));
      await unavailable(store.increment(key, 1));
      expect(performance.now() - began).to.be.below(callTimeoutMs);
      await subject.server.start();
      expect((await store.fetch(key)).values).to.have.length(1);
      await store.increment(key, 1);
      expect(await store.count(key)).to.equal(1);
    });

    it('takes an answer that is no HTTP for no answer', async () => {
      once(subject.put, 'nonsense');
      await unavailable(store.put(key, value));
    });

    it('sends no increment twice whose answer is lost, unless it can tell that it did not count', async () => {
      await store.increment(key, 1);
      once(subject.increment, 'lost after');
      const outcome = await Promise.allSettled([store.increment(key, 1)]);
      expect(await store.count(key)).to.equal(2);
      expect(outcome[0].status).to.equal(name === 'S3' ? 'fulfilled' : 'rejected');
    });

    it('counts every answered increment once and no other more than once, whatever is lost', async () => {
      const random = seededRandom(7);
      const faults: (Fault | undefined)[] = ['lost before', 'lost after', 'half', undefined, undefined];
      subject.server.fault = () => faults[Math.floor(random() * faults.length)];
      const processes = [store, open(), open()];
      let answered = 0;
      let failed = 0;
      for (let round = 0; round < 40; round += 1) {
        const outcomes = await Promise.allSettled(processes.map((process) => process.increment(key, 1)));
        answered += outcomes.filter(({ status }) => status === 'fulfilled').length;
        failed += outcomes.filter(({ status }) => status === 'rejected').length;
      }
      subject.server.fault = () => undefined;
      expect(failed).to.be.above(0);
      expect(await store.count(key)).to.be.within(answered, answered + failed);
    }).timeout(60_000);

    it('removes a count, which is 0 then and counts on', async () => {
      await store.increment(key, 5);
      await store.put(key, value);
      await store.removeCount?.(key);
      await store.removeCount?.(key);
      expect(await store.count(key)).to.equal(0);
      await store.increment(key, 2);
      expect(await store.count(key)).to.equal(2);
      expect((await store.fetch(key)).values).to.have.length(1);
    });

    it('removes no increment that begins after the answer to a removal', async () => {
      for (let round = 0; round < 20; round += 1) {
        await store.increment(key, 1);
        await Promise.all([
          store.increment(key, 1),
          (store.removeCount?.(key) ?? Promise.resolve()).then(() => store.increment(key, 7)),
        ]);
        expect(await store.count(key)).to.be.at.least(7);
      }
    });

    it('uses no more connections than it may, lets as many calls wait, and refuses the others at once', async () => {
      const bounded = open({ maxConnections: 2, queueDepth: 3 });
      subject.server.latency = () => 50;
      const outcomes = await Promise.allSettled(Array.from({ length: 9 }, () => bounded.fetch(key)));
      const reasons = outcomes.flatMap((outcome) =>
        outcome.status === 'rejected' ? [(outcome.reason as Error).message] : [],
      );
      expect(reasons).to.have.length(4);
      for (const reason of reasons) expect(reason).to.include('too many calls wait');
      expect(subject.server.connectionsOpened).to.equal(2);
    });

    it('refuses a call unsent that waited for half of its time', async () => {
      const bounded = open({ maxConnections: 1 });
      subject.server.fault = () => 'silent before';
      const first = rejectionOf(bounded.fetch(key));
      const { message } = await unavailable(bounded.fetch(key));
      expect(message).to.include('was free in time');
      await first;
      expect(subject.server.total).to.equal(1);
    });

    it('goes on over a new connection when the server has ended those that were idle', async () => {
      await Promise.all([store.fetch(key), store.fetch(key)]);
      subject.server.cutConnections();
      expect((await store.put(key, value)).stored).to.equal(true);
      subject.server.cutConnections();
      // An increment is not sent twice, so it needs the news that its connection is gone.
      await new Promise((resolve) => setTimeout(resolve, 50));
      await store.increment(key, 1);
      expect(await store.count(key)).to.equal(1);
    });

    it('uses no connection that was idle for too long', async () => {
      const hasty = open({ idleTimeoutMs: 30 });
      await hasty.fetch(key);
      await hasty.fetch(key);
      expect(subject.server.connectionsOpened).to.equal(1);
      await new Promise((resolve) => setTimeout(resolve, 60));
      await hasty.fetch(key);
      expect(subject.server.connectionsOpened).to.equal(2);
    });

    it('sends the token of temporary credentials, signed', async () => {
      const temporary = open({
        credentials: { ...doubleCredentials, sessionToken: 'the-token' },
      });
      const tokens: (string | undefined)[] = [];
      subject.server.fault = (_, { headers }) => {
        if (headers['authorization']?.includes('x-amz-security-token')) {
          tokens.push(headers['x-amz-security-token']);
        }
        return undefined;
      };
      await temporary.fetch(key);
      expect(tokens).to.deep.equal(['the-token']);
    });
  });
}
