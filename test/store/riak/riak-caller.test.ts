import { setTimeout as delay } from 'node:timers/promises';

import { expect } from 'chai';

import { StoreUnavailableError } from '../../../lib/store/errors.js';
import type { Command } from '../../../lib/store/riak/commands.js';
import { RiakErrorAnswer } from '../../../lib/store/riak/failures.js';
import { ConnectionLostError } from '../../../lib/store/remote/failures.js';
import { RiakCaller } from '../../../lib/store/riak/riak-caller.js';
import { FakeConnections } from './fake-connections.js';
import { rejectionOf } from '../../support/rejection.js';

const repeatable = { name: 'get', repeatable: true } as unknown as Command<never>;
const onceOnly = { name: 'increment', repeatable: false } as unknown as Command<never>;

describe('RiakCaller', () => {
  let fakes: FakeConnections;
  let caller: RiakCaller;

  /** Nodes with one connection each, which answer every command after `answerMs`. */
  function start(hosts: readonly string[], answerMs: number): void {
    fakes = new FakeConnections(hosts, { maxConnections: 1 });
    fakes.onConnect = (connection) => {
      connection.open();
    };
    fakes.onCommand = (connection) => {
      setTimeout(() => {
        connection.answer();
      }, answerMs);
    };
    caller = new RiakCaller(fakes.pool);
  }

  afterEach(() => caller.close());

  it('refuses a call that has waited for half of its time, unsent, and leaves the node and its connection alone', async () => {
    start(['a'], 160);
    const first = caller.call(onceOnly, 200);
    const error = await rejectionOf(caller.call(onceOnly, 200));
    expect(error).to.be.instanceOf(StoreUnavailableError).with.property('message').that.includes('was free');
    await first;
    expect(fakes.sent).to.equal(1);
    expect(fakes.all.map(({ closed }) => closed)).to.deep.equal([false]);
    expect(fakes.events).to.deep.equal([]);
  });

  it('lets a call that is by itself wait for as long as there is a quarter of its time left', async () => {
    start(['a'], 0);
    fakes.onConnect = (connection) => {
      setTimeout(() => {
        connection.open();
      }, 140);
    };
    await caller.call(onceOnly, 200);
    expect(fakes.sent).to.equal(1);
  });

  it('answers every command that it sends, and blames no node, while more calls come than the nodes can serve', async () => {
    start(['a', 'b', 'c'], 20);
    let answered = 0;
    let refused = 0;
    const calls: Promise<void>[] = [];
    for (let round = 0; round < 25; round += 1) {
      for (let call = 0; call < 6; call += 1) {
        calls.push(
          caller.call(onceOnly, 200).then(
            () => void (answered += 1),
            () => void (refused += 1),
          ),
        );
      }
      await delay(20);
    }
    await Promise.all(calls);
    expect(refused).to.be.above(0);
    expect(answered).to.equal(fakes.sent);
    expect(fakes.all).to.have.length(3);
    expect(fakes.events).to.deep.equal([]);
  });

  it('does not repeat a command that was lost when less than a quarter of the time is left', async () => {
    start(['a'], 0);
    fakes.onCommand = (connection) => {
      setTimeout(() => {
        connection.end(new ConnectionLostError('reset'));
      }, 85);
    };
    await rejectionOf(caller.call(repeatable, 100));
    expect(fakes.sent).to.equal(1);
  });

  it('turns to another node when the first is silent for half of the time', async () => {
    start(['a', 'b'], 5);
    const answering = fakes.onCommand;
    fakes.onCommand = (connection) => {
      if (fakes.sent > 1) answering?.(connection);
    };
    await caller.call(repeatable, 200);
    expect(fakes.sent).to.equal(2);
    // It may have waited for a replica: asked on another connection, it is alive.
    expect(fakes.events).to.deep.equal([]);
  });

  describe('when Riak answers that', () => {
    /** What was sent, and to which node, when the first command is answered with an error. */
    async function sentAfter(reason: string, command: Command<never>): Promise<string[]> {
      start(['a', 'b'], 0);
      const sent: string[] = [];
      fakes.onCommand = (connection) => {
        sent.push(`${connection.commandName} ${connection.host}`);
        setImmediate(() => {
          if (sent.length === 1) connection.refuse(new RiakErrorAnswer(reason, 0));
          else connection.answer();
        });
      };
      await caller.call(command, 200).catch(() => undefined);
      return sent;
    }

    const read = {
      ...repeatable,
      instead: { name: 'get less', repeatable: true },
    } as unknown as Command<never>;

    it('a replica is silent, asks for less', async () => {
      const [first, second, ...more] = await sentAfter('timeout', read);
      expect(first).to.match(/^get [ab]$/);
      expect(second).to.match(/^get less [ab]$/);
      expect(more).to.deep.equal([]);
    });

    for (const reason of ['Unknown message code: 11', 'overload', '{insufficient_vnodes,0,need,1}']) {
      it(`${reason}, asks another node, also for what is not done twice`, async () => {
        for (const command of [repeatable, onceOnly]) {
          const [first, second] = await sentAfter(reason, command);
          expect([first?.at(-1), second?.at(-1)]).to.have.members(['a', 'b']);
        }
      });
    }

    it('it has waited too long, does not increment again', async () => {
      expect(await sentAfter('timeout', onceOnly)).to.have.length(1);
    });
  });

  it('gives a command that is not repeated all of the time, though there is another node', async () => {
    start(['a', 'b'], 140);
    await caller.call(onceOnly, 200);
    expect(fakes.sent).to.equal(1);
    expect(fakes.events).to.deep.equal([]);
  });
});
