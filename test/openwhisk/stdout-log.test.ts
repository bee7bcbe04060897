import { expect } from 'chai';

import { withFields } from '../../lib/log.js';
import { stdoutLog } from '../../lib/openwhisk/stdout-log.js';

describe('the log of an action', () => {
  it('is one JSON line for each event, with its time and fields', () => {
    const lines: string[] = [];
    stdoutLog('debug', (line) => lines.push(line)).info('ready', { shards: 3, text: 'a\nb' });
    expect(lines).to.have.length(1);
    const { time, ...rest } = JSON.parse(lines.join()) as { time: string };
    expect(rest).to.deep.equal({ level: 'info', event: 'ready', shards: 3, text: 'a\nb' });
    expect(Math.abs(Date.parse(time) - Date.now())).to.be.below(60_000);
  });

  it('has the ids of a run before the fields of its lines, and in no other line', () => {
    const lines: string[] = [];
    const log = stdoutLog('info', (line) => lines.push(line));
    withFields(log, { activationId: 'a1', requestId: 'r1' }).info('inside', { shards: 3 });
    log.info('outside');
    const [inside, outside] = lines.map((line) => Object.keys(JSON.parse(line) as object));
    expect(inside).to.deep.equal(['level', 'time', 'event', 'activationId', 'requestId', 'shards']);
    expect(outside).to.deep.equal(['level', 'time', 'event']);
  });

  it('has every line, also one that was there before: each is of its own activation', () => {
    const lines: string[] = [];
    const log = stdoutLog('error', (line) => lines.push(line));
    for (let i = 0; i < 20; i++) log.error('internal error', { cause: new Error('no') });
    expect(lines).to.have.length(20);
  });
});
