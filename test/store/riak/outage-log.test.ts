import { expect } from 'chai';

import { OutageLog } from '../../../lib/store/riak/outage-log.js';
import { LogLines } from './support.js';

describe('what the log has of an outage', () => {
  let log: LogLines;
  let outages: OutageLog;
  let now: number;

  beforeEach(() => {
    log = new LogLines();
    now = 1_000_000;
    outages = new OutageLog(log, { now: () => now });
  });

  const events = (): string[] => log.lines.map(({ event }) => event);
  const cause = new Error('no node of Riak can be reached');

  it('is nothing while calls are served', () => {
    for (let call = 0; call < 10; call += 1) outages.served();
    expect(events()).to.deep.equal([]);
  });

  it('is a line when it begins, one with counts every half minute, and one when it is over', () => {
    for (let second = 0; second <= 90; second += 1) {
      now += 1000;
      for (let call = 0; call < 10; call += 1) outages.failed(cause);
    }
    now += 5000;
    outages.served();
    expect(events()).to.deep.equal([
      'riak fails calls',
      'riak still fails calls',
      'riak still fails calls',
      'riak still fails calls',
      'riak serves calls again',
    ]);
    expect(log.lines[0]?.fields).to.deep.equal({ cause });
    expect(log.lines[1]?.fields).to.include({ seconds: 30, served: 0 });
    expect(log.lines.at(-1)?.fields).to.deep.equal({ failed: 910, served: 1, seconds: 90 });
  });

  it('is one outage while some calls are served and some fail', () => {
    for (let second = 0; second < 20; second += 1) {
      now += 1000;
      outages.served();
      outages.failed(cause);
    }
    expect(events()).to.deep.equal(['riak fails calls']);
  });

  it('begins anew after it was over', () => {
    for (let round = 0; round < 2; round += 1) {
      outages.failed(cause);
      now += 6000;
      outages.served();
    }
    expect(events()).to.deep.equal([
      'riak fails calls',
      'riak serves calls again',
      'riak fails calls',
      'riak serves calls again',
    ]);
  });
});
