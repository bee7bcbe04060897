import { expect } from 'chai';

import { greet } from '../../lib/standalone/greeting.js';
import { StoreError } from '../../lib/store/errors.js';
import { eventually } from '../support/eventually.js';

const ports = { http: 6969, udp: 6970 };

describe('What a tracker says at its start', () => {
  it('is that it is ready, with the URLs for HTTP and UDP', async () => {
    const printed: string[] = [];
    const health = { isHealthy: () => Promise.resolve(true), problem: undefined };
    await greet('tracker', { host: '192.0.2.7', publicUrl: '' }, ports, health, (text) => printed.push(text));
    expect(printed).to.deep.equal([
      'The tracker is ready. Announce URL for a torrent:\n' +
        '  http://192.0.2.7:6969/announce  (wherever this address can be reached)\n' +
        '  udp://192.0.2.7:6970/announce   (wherever this address can be reached)',
    ]);
  });

  it('names PUBLIC_URL first, which is how others reach it', async () => {
    const printed: string[] = [];
    const health = { isHealthy: () => Promise.resolve(true), problem: undefined };
    const publicUrl = 'https://tracker.example/t';
    await greet('front', { host: '::', publicUrl }, ports, health, (text) => printed.push(text));
    expect(printed[0]).to.match(
      /^The front is ready\.[^\n]*\n {2}https:\/\/tracker\.example\/t\/announce +\(PUBLIC_URL\)\n/,
    );
    expect(printed[0]).to.contain('http://localhost:6969/announce');
  });

  it('is why it cannot answer yet, and that it is ready once it can', async () => {
    const printed: string[] = [];
    let isHealthy = false;
    const health = {
      isHealthy: () => Promise.resolve(isHealthy),
      problem: new StoreError('no node of Riak can be reached', { cause: new Error('connect ECONNREFUSED') }),
    };
    const print = (text: string) => printed.push(text);
    await greet('tracker', { host: '::1', publicUrl: '' }, ports, health, print, 5);
    expect(printed[0]).to.match(
      /^The tracker cannot answer yet, and keeps trying: no node of Riak can be reached: connect ECONNREFUSED\n/,
    );
    expect(printed[0]).to.contain('http://[::1]:6969/announce').and.not.contain('ready');
    isHealthy = true;
    await eventually('that it is ready', 5000, () => printed.length > 1);
    expect(printed).to.have.length(2);
    expect(printed[1]).to.equal('The tracker is ready.');
  });
});
