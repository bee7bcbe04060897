import { expect } from 'chai';
import { putRequest, Code } from './messages.js';
import type { RiakDoubleProcess } from './process.js';
import { startRiakDoubleProcess } from './process.js';
import { RawClient } from './raw-client.js';

const write = putRequest.encode({
  type: Buffer.from('siblings'),
  bucket: Buffer.from('swarms'),
  key: Buffer.from('k'),
  content: { value: Buffer.from([0, 255]) },
});

describe('the process of a Riak double', () => {
  let double: RiakDoubleProcess;
  let client: RawClient;

  beforeEach(async () => {
    double = await startRiakDoubleProcess({ nodes: 2 });
    client = await RawClient.connect(double.ports[0] ?? 0);
  });

  afterEach(async () => {
    client.close();
    await double.close();
  });

  it('tells what it holds and what it was asked', async () => {
    await client.ask(Code.putRequest, write);
    expect(await double.call('held', 'siblings', 'swarms', 'k')).to.deep.equal([
      { value: Buffer.from([0, 255]), tombstone: false },
    ]);
    expect((await double.call('statistics')).byCode).to.deep.equal({ [Code.putRequest]: 1 });
  });

  it('makes requests fail when told to', async () => {
    await double.call('inject', 0, { fault: { kind: 'error', message: 'overload' } });
    const [answer] = await client.ask(Code.putRequest, write);
    expect(answer?.code).to.equal(Code.error);
    expect(await double.call('keys', 'siblings', 'swarms')).to.deep.equal([]);
  });

  it('answers nothing while it is frozen, and then what was asked meanwhile', async () => {
    double.freeze();
    let answered = false;
    const answer = client.ask(Code.pingRequest).then(() => {
      answered = true;
    });
    await new Promise((resolve) => setTimeout(resolve, 100));
    expect(answered).to.equal(false);
    double.thaw();
    await answer;
  });

  it('takes the time that it is told to take', async () => {
    await double.call('setLatency', 0, 60, 80);
    const started = performance.now();
    await client.ask(Code.pingRequest);
    expect(performance.now() - started).to.be.within(55, 1000);
  });

  it('rejects a command about a node that is not there', async () => {
    const failure = await double.call('stopNode', 7).catch((error: unknown) => error);
    expect(String(failure)).to.contain('no node 7');
  });
});
