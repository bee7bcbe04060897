import { setTimeout as delay } from 'node:timers/promises';

import { expect } from 'chai';

import { StoreUnavailableError } from '../../../lib/store/errors.js';
import type { Command } from '../../../lib/store/riak/commands.js';
import type { PoolOptions } from '../../../lib/store/riak/connection-pool.js';
import { AuthenticationError } from '../../../lib/store/riak/failures.js';
import type { NodeConnection } from '../../../lib/store/riak/node-connection.js';
import { FakeConnections, type FakeConnection } from './fake-connections.js';
import { rejectionOf } from '../../support/rejection.js';

const waitMs = 2000;

describe('ConnectionPool', () => {
  let fakes: FakeConnections;

  /** Connections that calls have taken and not given back. */
  async function taken(count: number): Promise<NodeConnection[]> {
    fakes.onConnect = (connection) => {
      connection.open();
    };
    const connections: NodeConnection[] = [];
    while (connections.length < count) connections.push(await fakes.pool.acquire(waitMs));
    fakes.onConnect = undefined;
    return connections;
  }

  afterEach(() => {
    fakes.pool.close();
  });

  describe('when a connection cannot be opened to a node that has others', () => {
    let others: NodeConnection[];
    let waiting: Promise<NodeConnection>;

    beforeEach(async () => {
      fakes = new FakeConnections(['a']);
      others = await taken(2);
      waiting = fakes.pool.acquire(waitMs);
      fakes.all.at(-1)?.fail();
    });

    afterEach(async () => {
      fakes.pool.close();
      await waiting.catch(() => undefined);
    });

    it('lets the calls that wait wait for one of the others', async () => {
      const [busy] = others;
      if (busy !== undefined) fakes.pool.release(busy);
      expect(await waiting).to.equal(busy);
      expect(fakes.events).to.deep.equal(['riak connection not opened']);
    });

    it('keeps those that are idle, and hands them out at once', async () => {
      for (const busy of others) fakes.pool.release(busy);
      expect(others).to.include(await fakes.pool.acquire(waitMs));
      expect(fakes.all.filter(({ closed }) => closed)).to.have.length(1);
    });

    it('opens the next after a pause, alone, and more when the node has answered on it', async () => {
      const more = [fakes.pool.acquire(waitMs), fakes.pool.acquire(waitMs)];
      const before = fakes.all.length;
      fakes.now = 99;
      more.push(fakes.pool.acquire(waitMs));
      expect(fakes.since(before)).to.have.length(0);
      fakes.now = 100;
      more.push(fakes.pool.acquire(waitMs));
      expect(fakes.since(before).map(({ probe }) => probe)).to.deep.equal([true]);
      fakes.all.at(-1)?.open();
      more.push(fakes.pool.acquire(waitMs));
      expect(fakes.since(before + 1).map(({ probe }) => probe)).to.deep.equal([false, false, false, false]);
      fakes.pool.close();
      await Promise.allSettled(more);
    });

    it('gives the node up when the last of the others is lost, and refuses the calls that wait', async () => {
      for (const busy of others) busy.end(new Error('reset'));
      expect(await rejectionOf(waiting)).to.be.instanceOf(StoreUnavailableError);
      expect(fakes.events).to.deep.equal(['riak connection not opened', 'riak node down']);
      expect(await rejectionOf(fakes.pool.acquire(waitMs))).to.be.instanceOf(StoreUnavailableError);
    });
  });

  it('serves calls on those of several connections, opened side by side, that do open', async () => {
    fakes = new FakeConnections(['a']);
    const calls = [fakes.pool.acquire(waitMs), fakes.pool.acquire(waitMs)];
    fakes.all[0]?.fail();
    fakes.all[1]?.open();
    const connection = await Promise.race(calls);
    fakes.pool.release(connection);
    expect(await Promise.all(calls)).to.deep.equal([connection, connection]);
  });

  it('refuses the calls that wait when none of several connections opens and there is no other node', async () => {
    fakes = new FakeConnections(['a']);
    const calls = [fakes.pool.acquire(waitMs), fakes.pool.acquire(waitMs)];
    for (const connection of [...fakes.all]) connection.fail();
    for (const call of calls) expect(await rejectionOf(call)).to.be.instanceOf(StoreUnavailableError);
    expect(fakes.events.filter((event) => event === 'riak node down')).to.have.length(1);
  });

  it('counts several connections that do not open, side by side, as one failure: the next is tried after the shortest pause', async () => {
    fakes = new FakeConnections(['a']);
    const calls = [fakes.pool.acquire(waitMs), fakes.pool.acquire(waitMs), fakes.pool.acquire(waitMs)];
    for (const connection of [...fakes.all]) connection.fail();
    await Promise.allSettled(calls);
    fakes.now = 100;
    const next = fakes.pool.acquire(waitMs);
    expect(fakes.since(3).map(({ probe }) => probe)).to.deep.equal([true]);
    fakes.all.at(-1)?.open();
    await next;
  });

  describe('when a command goes unanswered', () => {
    const error = new Error('no answer in time');
    /** The connection that a new question is asked on, if it is a new one. */
    const witness = (): FakeConnection | undefined => fakes.all.at(-1);

    /** Two nodes of one connection each; the command was on that of node a. */
    async function silent(changes: Partial<PoolOptions> = {}): Promise<NodeConnection> {
      fakes = new FakeConnections(['a', 'b'], { maxConnections: 1, ...changes });
      const [one, other] = await taken(2);
      if (one === undefined || other === undefined) throw new Error('no connections');
      const [ofA, ofB] = fakes.pool.nodeBehind(one)?.address.host === 'a' ? [one, other] : [other, one];
      fakes.pool.release(ofB);
      return ofA;
    }

    it('asks the node for a sign of life on another connection, though it has as many as it may have', async () => {
      const one = await silent();
      fakes.pool.question(one, error);
      expect([witness()?.host, witness()?.probe]).to.deep.equal(['a', true]);
      witness()?.open();
      expect(fakes.events).to.deep.equal([]);
      expect(fakes.pool.hasOtherNode(fakes.pool.nodeBehind(await fakes.pool.acquire(waitMs)))).to.equal(true);
    });

    it('asks it on one that is idle, if there is one', async () => {
      const one = await silent({ maxConnections: 2 });
      const more = await taken(2);
      for (const connection of more) fakes.pool.release(connection);
      const before = fakes.all.length;
      fakes.onCommand = (connection) => {
        connection.answer();
      };
      fakes.pool.question(one, error);
      expect(fakes.sent).to.equal(1);
      expect(fakes.since(before)).to.have.length(0);
      expect(fakes.events).to.deep.equal([]);
    });

    it('asks it on a new one if the idle one turns out to be dead', async () => {
      const one = await silent({ maxConnections: 2 });
      for (const connection of await taken(2)) fakes.pool.release(connection);
      const before = fakes.all.length;
      fakes.onCommand = (connection) => {
        connection.end(new Error('reset'));
      };
      fakes.pool.question(one, error);
      expect(fakes.since(before).map(({ host, probe }) => [host, probe])).to.deep.equal([['a', true]]);
      expect(fakes.events).to.deep.equal([]);
    });

    it('takes it for down if it is silent there, too', async () => {
      const one = await silent({ maxConnections: 2, connectTimeoutMs: 20 });
      for (const connection of await taken(2)) fakes.pool.release(connection);
      fakes.pool.question(one, error);
      await delay(60);
      expect(fakes.events).to.deep.equal(['riak node down']);
    });

    it('takes it for down if no new connection can be opened', async () => {
      const one = await silent();
      fakes.pool.question(one, error);
      witness()?.fail();
      expect(fakes.events).to.deep.equal(['riak node down']);
    });

    it('asks others first meanwhile, and asks the node once', async () => {
      const one = await silent({ maxConnections: 4 });
      fakes.pool.question(one, error);
      const before = fakes.all.length;
      fakes.pool.question(one, error);
      expect(fakes.since(before)).to.have.length(0);
      // The one that asks has not opened yet.
      await Promise.resolve();
      for (const connection of await taken(3)) {
        expect(fakes.pool.nodeBehind(connection)?.address.host).to.equal('b');
      }
    });
  });

  describe('where each connection costs the node the check of a password', () => {
    it('opens one at a time to a node', async () => {
      fakes = new FakeConnections(['a'], { costlyLogin: true });
      const calls = [1, 2, 3].map(() => fakes.pool.acquire(waitMs));
      for (const count of [1, 2, 3]) {
        expect(fakes.all).to.have.length(count);
        fakes.all.at(-1)?.open();
      }
      await Promise.all(calls);
    });

    it('opens no other for a call that waits while the node checks one', async () => {
      fakes = new FakeConnections(['a'], { costlyLogin: true });
      const call = fakes.pool.acquire(60);
      const [first] = fakes.all;
      expect(await rejectionOf(call)).to.be.instanceOf(StoreUnavailableError);
      expect(fakes.all).to.have.length(1);
      first?.open();
      expect(await fakes.pool.acquire(60)).to.equal(first);
    });
  });

  it('opens more side by side as they succeed, and fewer when they are slow', async () => {
    fakes = new FakeConnections(['a'], { maxConnections: 100 });
    const calls = Array.from({ length: 40 }, () => fakes.pool.acquire(waitMs));
    expect(fakes.all).to.have.length(4);
    for (const connection of [...fakes.all]) connection.open();
    expect(fakes.since(4)).to.have.length(8);
    fakes.now = 60;
    for (const connection of fakes.since(4)) connection.open();
    expect(fakes.since(12)).to.have.length(1);
    fakes.pool.close();
    await Promise.allSettled(calls);
  });

  it('names the user that Riak refuses, once', async () => {
    fakes = new FakeConnections(['a']);
    const refusal = new AuthenticationError('Riak refuses the user tracker: Authentication failed');
    for (const now of [0, 10_000]) {
      fakes.now = now;
      const call = fakes.pool.acquire(waitMs);
      fakes.all.at(-1)?.fail(refusal);
      const error = await rejectionOf(call);
      expect(error).to.have.property('cause', refusal);
    }
    expect(fakes.events.filter((event) => event === 'riak refuses the user')).to.have.length(1);
  });

  it('keeps a call away from a node as long as there is another', async () => {
    fakes = new FakeConnections(['a', 'b']);
    const connections = await taken(4);
    const [avoided] = connections.map((connection) => fakes.pool.nodeBehind(connection));
    for (const connection of connections) fakes.pool.release(connection);
    for (let call = 0; call < 4; call += 1) {
      const connection = await fakes.pool.acquire(waitMs, avoided);
      expect(fakes.pool.nodeBehind(connection)).to.not.equal(avoided);
      fakes.pool.release(connection);
    }
  });

  it('closes what lies idle of a node when a connection is lost with a command on it', async () => {
    fakes = new FakeConnections(['a']);
    const [used, unused, idle] = await taken(3);
    if (used === undefined || unused === undefined || idle === undefined) throw new Error('no connections');
    fakes.pool.release(idle);
    unused.end(new Error('reset'));
    expect(idle.closed).to.equal(false);
    used.run({} as Command<never>, () => undefined);
    used.end(new Error('reset'));
    expect(idle.closed).to.equal(true);
  });

  it('serves a call that keeps away from a node on that node when the others turn out to be down', async () => {
    fakes = new FakeConnections(['a', 'b'], { maxConnections: 1 });
    const first = fakes.pool.acquire(waitMs);
    fakes.all[0]?.open();
    const connection = await first;
    const call = fakes.pool.acquire(waitMs, fakes.pool.nodeBehind(connection));
    fakes.pool.release(connection);
    fakes.all[1]?.fail();
    expect(await call).to.equal(connection);
  });

  it('serves such a call with one connection, though some are found too old on the way', async () => {
    fakes = new FakeConnections(['a', 'b'], { maxConnections: 3 });
    const all = await taken(6);
    const on = (host: string): NodeConnection[] =>
      all.filter((one) => fakes.pool.nodeBehind(one)?.address.host === host);
    const [silent] = on('b');
    const [old, ...younger] = on('a');
    if (silent === undefined || old === undefined) throw new Error('a node without connections');
    const call = fakes.pool.acquire(waitMs, fakes.pool.nodeBehind(old));
    fakes.pool.release(old);
    fakes.now = 5000;
    for (const connection of younger) fakes.pool.release(connection);
    fakes.now = 11_000;
    fakes.pool.question(silent, new Error('no answer in time'));
    fakes.all.at(-1)?.fail();
    expect([await call, await fakes.pool.acquire(waitMs)]).to.have.members(younger);
  });

  it('opens a connection to another node for a call that has waited for half of its time', async () => {
    fakes = new FakeConnections(['a', 'b'], { random: () => 0 });
    const call = fakes.pool.acquire(60);
    const [first] = fakes.all;
    fakes.onConnect = (connection) => {
      if (connection.host !== first?.host) connection.open();
    };
    await call;
    expect(fakes.all.map(({ host }) => host).sort()).to.deep.equal(['a', 'b']);
  });
});
