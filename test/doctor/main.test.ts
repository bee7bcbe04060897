import { expect } from 'chai';

import { runDoctor } from './run-doctor.js';

describe('npm run doctor', () => {
  it('says how it is used', async () => {
    const { status, output } = await runDoctor({}, ['--help']);
    expect(status).to.equal(0);
    expect(output).to.include('Usage: npm run doctor');
  });

  it('refuses arguments that it does not know', async () => {
    const { status, output } = await runDoctor({}, ['--heal']);
    expect(status).to.equal(2);
    expect(output).to.include('--heal');
  });

  it('refuses settings that the tracker would refuse, in the same words', async () => {
    const { status, output } = await runDoctor({ STORE: 'riak', RIAK_NODES: 'no port' });
    expect(status).to.equal(2);
    expect(output).to.include('RIAK_NODES').and.include('host:port');
  });
});
