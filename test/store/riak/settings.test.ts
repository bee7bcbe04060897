import { expect } from 'chai';

import { parseConfig } from '../../../lib/config.js';
import { ConfigError } from '../../../lib/config/error.js';
import { riakOptions, riakSettings, type RiakSettings } from '../../../lib/config/riak.js';

const certificate = '-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----';

function defaults(): RiakSettings {
  return parseConfig({});
}

describe('the settings of the Riak store', () => {
  it('take nodes as host:port, IPv6 in brackets', () => {
    const riakNodes = riakSettings.riakNodes.read('riak-1.example:8087, 10.0.0.2:65535,[::1]:1') ?? [];
    expect(riakOptions({ ...defaults(), riakNodes }).nodes).to.deep.equal([
      { host: 'riak-1.example', port: 8087 },
      { host: '10.0.0.2', port: 65535 },
      { host: '::1', port: 1 },
    ]);
  });

  for (const bad of [
    'riak-1',
    'riak-1:',
    ':8087',
    'riak-1:0',
    'riak-1:65536',
    '::1:8087',
    'a:1,,b:2',
    'a b:1',
  ]) {
    it(`refuse ${bad} as nodes`, () => {
      expect(riakSettings.riakNodes.read(bad)).to.equal(undefined);
    });
  }

  it('take PEM with real and with escaped line ends, and nothing else', () => {
    expect(riakSettings.riakCa.read(certificate)).to.equal(certificate);
    expect(riakSettings.riakCa.read(certificate.replaceAll('\n', '\\n'))).to.equal(certificate);
    expect(riakSettings.riakCa.read('/etc/ssl/ca.pem')).to.equal(undefined);
  });

  it('give a connection time for its first packet to be sent again, which Linux does after a second, and less than a call', () => {
    const { connectTimeoutMs, callTimeoutMs } = riakOptions(defaults());
    expect(connectTimeoutMs).to.be.above(1000).and.below(callTimeoutMs);
  });

  it('keep the password and the private key secret', () => {
    const secret = Object.values(riakSettings).filter((setting) => setting.secret);
    expect(secret.map(({ name }) => name)).to.deep.equal(['RIAK_PASSWORD', 'RIAK_KEY']);
  });

  it('use no security without a user, and all that is given with one', () => {
    expect(riakOptions(defaults())).to.not.have.property('auth');
    const given = { riakUser: 'tracker', riakPassword: 'secret', riakCa: certificate };
    expect(riakOptions({ ...defaults(), ...given }).auth).to.deep.equal({
      user: 'tracker',
      password: 'secret',
      ca: certificate,
      verify: true,
    });
  });

  it('refuse a password or a CA without a user, since nothing would be encrypted', () => {
    expect(() => riakOptions({ ...defaults(), riakPassword: 'secret' })).to.throw(
      ConfigError,
      /^RIAK_USER: /,
    );
    expect(() => riakOptions({ ...defaults(), riakCa: certificate })).to.throw(ConfigError, /^RIAK_USER: /);
  });

  it('refuse a client certificate without its key', () => {
    const half = { ...defaults(), riakUser: 'tracker', riakCert: certificate };
    expect(() => riakOptions(half)).to.throw(ConfigError, /^RIAK_CERT: /);
  });
});
