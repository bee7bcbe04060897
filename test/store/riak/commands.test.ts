import { expect } from 'chai';

import { Commands, type Command } from '../../../lib/store/riak/commands.js';
import { deleteRequest, getRequest, putRequest } from '../../riak-double/messages.js';

const place = { bucketType: 'swarms', bucket: 'tracker' };
const named = {
  type: Buffer.from('swarms'),
  bucket: Buffer.from('tracker'),
  key: Buffer.from('aa'),
  timeout: 400,
};
const vclock = Buffer.of(1, 2);

describe('what is asked of Riak', () => {
  const commands = new Commands(place, 400);

  function bodyOf(command: Command<unknown>): Buffer {
    return (command.getRiakMessage() as { protobuf: Buffer }).protobuf;
  }

  it('for a fetch is one replica, whatever it has, and the version of a tombstone', () => {
    expect(asked(getRequest.decode(bodyOf(commands.get('aa'))))).to.deep.equal({
      ...named,
      r: 1,
      basic_quorum: false,
      notfound_ok: true,
      deletedvclock: true,
    });
  });

  for (const version of [undefined, vclock]) {
    it(`for a put ${version === undefined ? 'without' : 'with'} a version is the disk of one replica, and what is held then`, () => {
      const { content, ...rest } = asked(
        putRequest.decode(bodyOf(commands.put('aa', Uint8Array.of(5), version))),
      );
      expect(rest).to.deep.equal({
        ...named,
        ...(version === undefined ? {} : { vclock }),
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
});

/** The fields that were sent. */
function asked(message: object): Record<string, unknown> {
  return Object.fromEntries(Object.entries(message).filter(([, value]) => value !== undefined));
}
