import { expect } from 'chai';

import { parseWrkOutput, perSecond, refuseErrors, type WrkResult } from '../../bench/load/wrk-output.js';

const result: WrkResult = {
  requests: 3000,
  microseconds: 1_500_000,
  p50: 900,
  p99: 4000,
  connect: 0,
  read: 0,
  write: 0,
  status: 0,
  timeout: 0,
};

describe('The output of wrk', () => {
  it('is read from the line of its script, whatever wrk itself prints', () => {
    const output = `Running 1s test\n  Requests/sec: 1.0\n\nRESULT ${JSON.stringify(result)}\n`;
    expect(parseWrkOutput(output)).to.deep.equal(result);
    expect(perSecond(result)).to.equal(2000);
  });

  it('is refused without that line, or with half of it', () => {
    expect(() => parseWrkOutput('Running 1s test\n')).to.throw('no result');
    expect(() => parseWrkOutput('RESULT {"requests":1}\n')).to.throw('no microseconds');
  });

  it('is refused if anything went wrong, or nothing was answered', () => {
    refuseErrors('a tracker', result);
    for (const field of ['connect', 'read', 'write', 'status', 'timeout'] as const) {
      expect(() => {
        refuseErrors('a tracker', { ...result, [field]: 1 });
      }, field).to.throw('a tracker');
    }
    expect(() => {
      refuseErrors('a tracker', { ...result, requests: 0 });
    }).to.throw('a tracker');
  });

  it('may have read errors only of a server that ends its connections unasked', () => {
    refuseErrors('opentracker', { ...result, read: 3000 }, { closesUnasked: true });
    expect(() => {
      refuseErrors('opentracker', { ...result, status: 1 }, { closesUnasked: true });
    }).to.throw('opentracker');
  });
});
