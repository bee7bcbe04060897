import { expect } from 'chai';

import { decodeValues } from '../../../lib/swarm/shard/decode.js';
import { ShardDamagedError, ShardFormatError } from '../../../lib/swarm/shard/header.js';
import { RecordingLog } from '../../support/recording-log.js';
import { recordsOf, shardOf } from '../../support/swarm-arbitraries.js';
import { ofNewerFormat } from '../support/damage.js';
import { recordOf } from '../support/peers.js';

const stored = (...numbers: number[]): Buffer => shardOf(numbers.map((number) => recordOf(number))).seal();

describe('the values stored for a shard', () => {
  it('make nothing if there are none', () => {
    expect(decodeValues(0, 'key', [], new RecordingLog())).to.equal(undefined);
  });

  it('make one shard with the peers of all', () => {
    const log = new RecordingLog();
    const shard = decodeValues(0, 'key', [stored(1, 2), stored(2, 3)], log);
    expect(shard === undefined ? [] : recordsOf(shard)).to.deep.equal(
      [1, 2, 3].map((number) => recordOf(number)),
    );
    expect(log.lines).to.deep.equal([]);
  });

  it('count as nothing where they are damaged, with a log line that says where', () => {
    const log = new RecordingLog();
    const damaged = stored(7).subarray(1);
    const shard = decodeValues(0, 'key', [damaged, stored(1)], log);
    expect(shard?.count).to.equal(1);
    expect(log.lines).to.have.length(1);
    const [line] = log.lines;
    expect(line).to.deep.include({ level: 'error', event: 'shard damaged' });
    expect(line?.fields).to.include({ key: 'key', bytes: damaged.length });
    expect(line?.fields['cause']).to.be.instanceOf(ShardDamagedError);
    expect(decodeValues(0, 'key', [damaged], log)).to.equal(undefined);
  });

  it('are refused all together if a newer version of the tracker wrote one of them', () => {
    expect(() => decodeValues(0, 'key', [stored(1), ofNewerFormat(stored(2))], new RecordingLog())).to.throw(
      ShardFormatError,
    );
  });
});
