import { expect } from 'chai';
import type { RiakDouble } from './double.js';
import { startRiakDouble } from './double.js';
import type { FaultRule } from './faults.js';
import type { Frame } from './framing.js';
import { FramingError } from './framing.js';
import {
  Code,
  dataTypeUpdateRequest,
  errorAnswer,
  getAnswer,
  getRequest,
  putAnswer,
  putRequest,
} from './messages.js';
import type { RiakDoubleNode } from './node.js';
import { ProtobufError } from './protobuf.js';
import { ConnectionEnded, RawClient } from './raw-client.js';

const PLACE = { type: Buffer.from('siblings'), bucket: Buffer.from('swarms'), key: Buffer.from('k') };
const WRITE = putRequest.encode({ ...PLACE, content: { value: Buffer.from('a') }, return_body: true });
const READ = getRequest.encode(PLACE);
const INCREMENT = dataTypeUpdateRequest.encode({
  ...PLACE,
  type: Buffer.from('counters'),
  op: { counter_op: { increment: 1 } },
});

async function within<T>(ms: number, answer: Promise<T>): Promise<T | 'nothing'> {
  let timer: NodeJS.Timeout | undefined;
  const nothing = new Promise<'nothing'>((resolve) => {
    timer = setTimeout(resolve, ms, 'nothing');
  });
  try {
    return await Promise.race([answer, nothing]);
  } finally {
    clearTimeout(timer);
  }
}

async function failureOf(answer: Promise<unknown>): Promise<unknown> {
  return await answer.then(
    () => undefined,
    (error: unknown) => error,
  );
}

describe('a node of the Riak double', () => {
  let double: RiakDouble;
  let node: RiakDoubleNode;
  let client: RawClient;

  beforeEach(async () => {
    double = await startRiakDouble({ nodes: 2 });
    const [first] = double.nodes;
    if (first === undefined) throw new Error('no node');
    node = first;
    client = await RawClient.connect(node.port);
  });

  afterEach(async () => {
    client.close();
    await double.close();
  });

  function held(): string[] {
    return double.held('siblings', 'swarms', 'k').map(({ value }) => value.toString());
  }

  async function reconnect(): Promise<void> {
    client.close();
    client = await RawClient.connect(node.port);
  }

  it('loses the answer after the write by cutting the connection', async () => {
    node.faults.inject({ fault: { kind: 'answer-lost', by: 'cut' } });
    expect(await failureOf(client.ask(Code.putRequest, WRITE))).to.deep.include({ received: 0 });
    expect(held()).to.deep.equal(['a']);
  });

  it('loses the answer after the write in silence, for good on that connection', async () => {
    node.faults.inject({ fault: { kind: 'answer-lost', by: 'silence' }, times: 1 });
    const answers = [client.ask(Code.putRequest, WRITE), client.ask(Code.pingRequest)].map(failureOf);
    expect(await within(100, Promise.race(answers))).to.equal('nothing');
    expect(held()).to.deep.equal(['a']);
    await reconnect();
    expect(await client.ask(Code.pingRequest)).to.have.length(1);
    await Promise.all(answers);
  });

  it('counts an increment whose answer is lost', async () => {
    node.faults.inject({ fault: { kind: 'answer-lost', by: 'cut' }, times: 1 });
    await failureOf(client.ask(Code.dataTypeUpdateRequest, INCREMENT));
    await reconnect();
    await client.ask(Code.dataTypeUpdateRequest, INCREMENT);
    expect(double.counter('counters', 'swarms', 'k')).to.equal(2);
  });

  it('cuts the connection in the middle of the answer, after the write', async () => {
    const [whole] = await client.ask(Code.putRequest, WRITE);
    node.faults.inject({ fault: { kind: 'cut-mid-frame' } });
    const failure = await failureOf(client.ask(Code.getRequest, READ));
    if (!(failure instanceof ConnectionEnded)) throw new Error('not cut');
    expect(failure.received).to.be.within(1, whole?.body.length ?? 0);
  });

  it('cuts the connection before the write', async () => {
    node.faults.inject({ fault: { kind: 'cut' } });
    expect(await failureOf(client.ask(Code.putRequest, WRITE))).to.be.instanceOf(ConnectionEnded);
    expect(held()).to.deep.equal([]);
  });

  it('takes a request and never answers nor does it', async () => {
    node.faults.inject({ fault: { kind: 'no-answer' } });
    const answer = failureOf(client.ask(Code.putRequest, WRITE));
    expect(await within(100, answer)).to.equal('nothing');
    expect(held()).to.deep.equal([]);
    client.close();
    await answer;
  });

  it('answers with an error and does nothing', async () => {
    node.faults.inject({ fault: { kind: 'error', message: 'overload', errorCode: 7 } });
    const [answer] = await client.ask(Code.putRequest, WRITE);
    expect(answer?.code).to.equal(Code.error);
    expect(errorAnswer.decode(answer?.body ?? Buffer.alloc(0))).to.deep.equal({
      errmsg: Buffer.from('overload'),
      errcode: 7,
    });
    expect(held()).to.deep.equal([]);
  });

  it('answers with a body that no protobuf reader can read', async () => {
    node.faults.inject({ fault: { kind: 'garbage', in: 'body' } });
    const [answer] = await client.ask(Code.putRequest, WRITE);
    expect(answer?.code).to.equal(Code.putAnswer);
    expect(() => putAnswer.decode(answer?.body ?? Buffer.alloc(0))).to.throw(ProtobufError);
  });

  it('answers with a code that does not exist', async () => {
    node.faults.inject({ fault: { kind: 'garbage', in: 'code' } });
    const [answer] = await client.ask(Code.putRequest, WRITE);
    expect(Object.values(Code)).to.not.include(answer?.code);
  });

  it('answers with a length that cannot be', async () => {
    node.faults.inject({ fault: { kind: 'garbage', in: 'length' } });
    const failed = failureOf(client.ask(Code.putRequest, WRITE));
    expect(await failed).to.be.instanceOf(FramingError);
  });

  it('answers a read with what was there before the last write', async () => {
    node.faults.inject({ fault: { kind: 'stale-read' }, codes: [Code.getRequest], times: 2 });
    await client.ask(Code.putRequest, WRITE);
    expect(read((await client.ask(Code.getRequest, READ))[0])).to.equal('');
    await client.ask(Code.putRequest, WRITE);
    expect(read((await client.ask(Code.getRequest, READ))[0])).to.equal('a');
    expect(read((await client.ask(Code.getRequest, READ))[0])).to.equal('a,a');
  });

  it('answers late, with its latency and with delays, in the order of the requests', async () => {
    node.latency = () => 30;
    node.faults.inject({ fault: { kind: 'delay', ms: 50 }, codes: [Code.putRequest] });
    const started = performance.now();
    const order: string[] = [];
    await Promise.all([
      client.ask(Code.putRequest, WRITE).then(() => order.push('put')),
      client.ask(Code.getRequest, READ).then(([frame]) => order.push(`get ${read(frame)}`)),
    ]);
    expect(order).to.deep.equal(['put', 'get a']);
    expect(performance.now() - started).to.be.within(105, 1000);
  });

  it('answers a timeout when it is slower than the request allows, and has done what was asked', async () => {
    node.latency = () => 5000;
    const patient = putRequest.encode({ ...PLACE, content: { value: Buffer.from('a') }, timeout: 40 });
    const [answer] = await client.ask(Code.putRequest, patient);
    expect(errorAnswer.decode(answer?.body ?? Buffer.alloc(0)).errmsg?.toString()).to.equal('timeout');
    expect(held()).to.deep.equal(['a']);
  });

  it('paused, accepts connections and answers nothing until it goes on', async () => {
    node.pause();
    const other = await RawClient.connect(node.port);
    const answers = Promise.all([client.ask(Code.putRequest, WRITE), other.ask(Code.pingRequest)]);
    expect(await within(100, answers)).to.equal('nothing');
    expect(held()).to.deep.equal([]);
    node.resume();
    expect(await answers).to.have.length(2);
    other.close();
  });

  it('paused for a time goes on by itself, with what was under way too', async () => {
    node.latency = () => 20;
    const answer = client.ask(Code.pingRequest);
    await new Promise((resolve) => setTimeout(resolve, 5));
    const started = performance.now();
    node.pauseFor(120);
    await answer;
    expect(performance.now() - started).to.be.greaterThan(100);
  });

  it('stopped, refuses connections, and comes back on the same port with its data', async () => {
    await client.ask(Code.putRequest, WRITE);
    const { port } = node;
    const cut = failureOf(client.ask(Code.pingRequest).then(() => client.ask(Code.pingRequest)));
    await node.stop();
    expect(await cut).to.be.instanceOf(ConnectionEnded);
    expect(await failureOf(RawClient.connect(port))).to.have.property('code', 'ECONNREFUSED');
    await node.start();
    expect(node.port).to.equal(port);
    await reconnect();
    expect(read((await client.ask(Code.getRequest, READ))[0])).to.equal('a');
  });

  it('fails alone: the other nodes go on', async () => {
    node.faults.inject({ fault: { kind: 'no-answer' } });
    const other = await RawClient.connect(double.nodes[1]?.port ?? 0);
    expect(await other.ask(Code.pingRequest)).to.have.length(1);
    other.close();
  });

  it('counts requests by code and by key as they come, failed ones too, and all nodes together', async () => {
    node.faults.inject({ fault: { kind: 'error', message: 'overload' }, times: 1 });
    await client.ask(Code.putRequest, WRITE);
    await client.ask(Code.putRequest, WRITE);
    await client.ask(Code.getRequest, READ);
    const other = await RawClient.connect(double.nodes[1]?.port ?? 0);
    await other.ask(Code.pingRequest);
    other.close();
    expect(node.operations.byCode()).to.deep.equal({ [Code.putRequest]: 2, [Code.getRequest]: 1 });
    expect(double.operations.count(Code.putRequest, Code.pingRequest)).to.equal(3);
    expect(double.operations.count()).to.equal(4);
    expect(double.operations.ofKey('k')).to.equal(3);
  });

  describe('meets a fault', () => {
    const fault = { kind: 'error', message: 'injected' } as const;

    async function outcomes(rule: Omit<FaultRule, 'fault'>, requests: number): Promise<boolean[]> {
      const end = node.faults.inject({ fault, ...rule });
      const failed: boolean[] = [];
      for (let i = 0; i < requests; i += 1) {
        const [frame] = await client.ask(Code.getRequest, READ);
        failed.push(frame?.code === Code.error);
      }
      end();
      return failed;
    }

    it('after some requests, for some requests', async () => {
      expect(await outcomes({ skip: 1, times: 2 }, 5)).to.deep.equal([false, true, true, false, false]);
    });

    it('for the codes, keys and requests that are named', async () => {
      expect(await outcomes({ codes: [Code.putRequest] }, 1)).to.deep.equal([false]);
      expect(await outcomes({ codes: [Code.getRequest] }, 1)).to.deep.equal([true]);
      expect(await outcomes({ keyPrefix: 'x' }, 1)).to.deep.equal([false]);
      expect(await outcomes({ keyPrefix: 'k' }, 1)).to.deep.equal([true]);
      expect(await outcomes({ when: ({ bucket }) => bucket === 'swarms' }, 1)).to.deep.equal([true]);
    });

    it('with a probability', async () => {
      const failed = (await outcomes({ probability: 0.5 }, 200)).filter(Boolean).length;
      expect(failed).to.be.within(60, 140);
    });

    it('no more when it is taken away', async () => {
      const end = node.faults.inject({ fault });
      end();
      expect(await outcomes({ times: 0 }, 1)).to.deep.equal([false]);
    });
  });
});

function read(frame: Frame | undefined): string {
  return (
    getAnswer
      .decode(frame?.body ?? Buffer.alloc(0))
      .content?.map(({ value }) => String(value))
      .join() ?? ''
  );
}
