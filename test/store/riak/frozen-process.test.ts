import { fork, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { setTimeout as delay } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';

import { expect } from 'chai';

import { startRiakDouble, type RiakDouble } from '../../riak-double/double.js';

describe('the Riak store, in a process that is frozen between calls', () => {
  let double: RiakDouble;
  let child: ChildProcess;

  async function start(): Promise<void> {
    double = await startRiakDouble();
    const program = fileURLToPath(new URL('./frozen-client.ts', import.meta.url));
    child = fork(program, [String(double.nodes[0]?.port)], {
      execArgv: ['--import', 'tsx'],
    });
  }

  async function putInChild(key: string): Promise<unknown> {
    child.send(key);
    const [outcomes] = (await once(child, 'message')) as [unknown];
    return outcomes;
  }

  afterEach(async () => {
    child.kill('SIGCONT');
    const exit = once(child, 'exit');
    child.disconnect();
    await exit;
    await double.close();
  });

  it('replaces sockets that were cut meanwhile, losing and repeating nothing', async () => {
    await start();
    expect(await putInChild('before')).to.deep.equal(['fulfilled', 'fulfilled']);
    child.kill('SIGSTOP');
    double.nodes[0]?.cutConnections();
    await delay(700);
    child.kill('SIGCONT');
    expect(await putInChild('after')).to.deep.equal(['fulfilled', 'fulfilled']);
    expect(double.counter('counters', 'tracker', 'count')).to.equal(2);
  });

  it('takes an answer that came while it was frozen, although its time is over', async () => {
    await start();
    expect(await putInChild('before')).to.deep.equal(['fulfilled', 'fulfilled']);
    const node = double.nodes[0];
    if (node !== undefined) node.latency = () => 300;
    const outcomes = putInChild('during');
    await delay(150);
    child.kill('SIGSTOP');
    await delay(900);
    child.kill('SIGCONT');
    expect(await outcomes).to.deep.equal(['fulfilled', 'fulfilled']);
    expect(double.counter('counters', 'tracker', 'count')).to.equal(2);
  });
});
