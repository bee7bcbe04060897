import { expect } from 'chai';

import { Commands, type Command } from '../../../lib/store/riak/commands.js';
import {
  dataTypeFetchRequest,
  dataTypeUpdateRequest,
  deleteRequest,
  getRequest,
  indexRequest,
  putRequest,
} from '../../riak-double/messages.js';

const place = { bucketType: 'swarms', bucket: 'tracker' };
const named = {
  type: Buffer.from('swarms'),
  bucket: Buffer.from('tracker'),
  key: Buffer.from('aa'),
};
const vclock = Buffer.of(1, 2);

describe('what is asked of Riak', () => {
  const commands = new Commands(place, { callMs: 400, attemptMs: 180, replicasMs: 100 });
  const all = 0xffff_fffc;

  function bodyOf(command: Command<unknown> | undefined): Buffer {
    const frame = command?.frame ?? Buffer.alloc(5);
    expect(frame.readUInt32BE(0)).to.equal(frame.length - 4);
    return frame.subarray(5);
  }

  for (const [consistency, r, notfoundOk] of [
    ['eventual', 1, false],
    ['strong', all, true],
  ] as const) {
    it(`for a fetch that is ${consistency} is ${r === 1 ? 'the first replica that has something' : 'all replicas'}, then the first that answers`, () => {
      const common = { ...named, basic_quorum: false, deletedvclock: true };
      const command = commands.get('aa', consistency);
      expect(asked(getRequest.decode(bodyOf(command)))).to.deep.equal({
        ...common,
        r,
        notfound_ok: notfoundOk,
        timeout: 100,
      });
      expect(asked(getRequest.decode(bodyOf(command.instead)))).to.deep.equal({
        ...common,
        r: 1,
        notfound_ok: true,
        timeout: 180,
      });
    });
  }

  for (const version of [undefined, vclock]) {
    it(`for a put ${version === undefined ? 'without' : 'with'} a version is the disk of one replica, and what is held then`, () => {
      const { content, ...rest } = asked(
        putRequest.decode(bodyOf(commands.put('aa', Uint8Array.of(5), version))),
      );
      expect(rest).to.deep.equal({
        ...named,
        ...(version === undefined ? {} : { vclock }),
        timeout: 180,
        w: 1,
        dw: 1,
        return_body: true,
      });
      expect(content).to.have.property('value').that.deep.equals(Buffer.of(5));
    });
  }

  it('for a removal is what the version covers', () => {
    const { key, vclock: covered } = deleteRequest.decode(bodyOf(commands.remove('aa', vclock)));
    expect([key, covered]).to.deep.equal([named.key, vclock]);
  });

  it('for an increment is that, with all of the time, as it is not sent again', () => {
    for (const by of [1, -3, 2 ** 40]) {
      const { op, timeout, key } = dataTypeUpdateRequest.decode(bodyOf(commands.increment('aa', by)));
      expect([op?.counter_op?.increment, timeout, key]).to.deep.equal([by, 400, named.key]);
    }
    expect(commands.increment('aa', 1).repeatable).to.equal(false);
  });

  it('for a count is all replicas, then the first that answers', () => {
    const command = commands.count('aa');
    const quorums = [command, command.instead].map((one) => {
      const { r, notfound_ok, timeout } = dataTypeFetchRequest.decode(bodyOf(one));
      return [r, notfound_ok, timeout];
    });
    expect(quorums).to.deep.equal([
      [all, true, 100],
      [1, true, 180],
    ]);
  });

  it('for a page of keys is a range of the index of keys, from where the last page ended', () => {
    const command = commands.keys({ from: 'a', to: 'b' }, 'there', 50);
    expect(asked(indexRequest.decode(bodyOf(command)))).to.deep.equal({
      type: named.type,
      bucket: named.bucket,
      index: Buffer.from('$key'),
      qtype: 1,
      range_min: Buffer.from('a'),
      range_max: Buffer.from('b'),
      max_results: 50,
      stream: true,
      timeout: 400,
      continuation: Buffer.from('there'),
    });
  });
});

/** The fields that were sent. */
function asked(message: object): Record<string, unknown> {
  return Object.fromEntries(Object.entries(message).filter(([, value]) => value !== undefined));
}
