import { expect } from 'chai';

import { withFields } from '../lib/log.js';
import { RecordingLog } from './support/recording-log.js';

describe('a log with fields', () => {
  it('has them in each of its lines, whatever their level, and the line itself has the last word', () => {
    const log = new RecordingLog();
    const run = withFields(log, { requestId: 'r1', shards: 1 });
    run.error('a', { shards: 2 });
    run.warn('b');
    run.info('c', { cause: 'd' });
    run.debug('e');
    expect(log.lines).to.deep.equal([
      { level: 'error', event: 'a', fields: { requestId: 'r1', shards: 2 } },
      { level: 'warn', event: 'b', fields: { requestId: 'r1', shards: 1 } },
      { level: 'info', event: 'c', fields: { requestId: 'r1', shards: 1, cause: 'd' } },
      { level: 'debug', event: 'e', fields: { requestId: 'r1', shards: 1 } },
    ]);
  });

  it('leaves the log that it is made from as it is', () => {
    const log = new RecordingLog();
    withFields(log, { requestId: 'r1' }).info('inside');
    log.info('outside');
    expect(log.lines.map(({ fields }) => fields)).to.deep.equal([{ requestId: 'r1' }, {}]);
  });
});
