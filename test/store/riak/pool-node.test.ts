import { expect } from 'chai';

import { NodeConnection } from '../../../lib/store/riak/node-connection.js';
import { PoolNode } from '../../../lib/store/riak/pool-node.js';

describe('PoolNode', () => {
  let node: PoolNode;

  beforeEach(() => {
    node = new PoolNode({ host: 'riak-1', port: 8087 }, () => 1 - Number.EPSILON);
  });

  it('may have connections up to the limit while it is up', () => {
    expect(node.mayOpen(2, 0)).to.equal(true);
    node.connections = 2;
    expect(node.mayOpen(2, 0)).to.equal(false);
  });

  it('is left alone for longer after every failure, 5 s at most', () => {
    const pauses: number[] = [];
    for (let failure = 0; failure < 9; failure += 1) {
      node.failed(1000);
      let pause = 0;
      while (!node.mayOpen(2, 1000 + pause)) pause += 50;
      pauses.push(pause);
    }
    expect(pauses).to.deep.equal([100, 200, 400, 800, 1600, 3200, 5000, 5000, 5000]);
  });

  it('is tried by one connection at a time while it is down', () => {
    const address = { host: 'riak-1', port: 8087 };
    const nothing = (): void => undefined;
    const opening = new NodeConnection(
      { address, probe: true, timeoutMs: 100, loginTimeoutMs: 100 },
      { opened: nothing, failed: nothing, lost: nothing },
    );
    node.down(1000);
    expect(node.mayOpen(2, 1000)).to.equal(true);
    node.opening.add(opening);
    expect(node.mayOpen(2, 1000)).to.equal(false);
  });

  it('starts over with a short pause when it was up in between', () => {
    for (let failure = 0; failure < 5; failure += 1) node.failed(0);
    node.recovered();
    node.failed(1000);
    expect(node.mayOpen(2, 1100)).to.equal(true);
  });

  it('is not left alone for hours when the clock was set back', () => {
    node.failed(10_000_000);
    expect(node.mayOpen(2, 1000)).to.equal(true);
  });
});
