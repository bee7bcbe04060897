import { readFileSync } from 'node:fs';

import { expect } from 'chai';

import { parseConfig } from '../../../lib/config.js';
import { ConfigError } from '../../../lib/settings/error.js';
import { riakOptions, riakSettings, type RiakSettings } from '../../../lib/store/riak/settings.js';
import { makeCertificate } from '../../nginx/support/certificate.js';
import { makeTempDir, removeTempDir } from '../../support/temp-dir.js';

const garbled = '-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----';

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
    expect(riakSettings.riakCa.read(garbled)).to.equal(garbled);
    expect(riakSettings.riakCa.read(garbled.replaceAll('\n', '\\n'))).to.equal(garbled);
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

  it('use no security without a user', () => {
    expect(riakOptions(defaults())).to.not.have.property('auth');
  });

  it('refuse what is for a user without a user, since nothing would be encrypted', () => {
    for (const name of ['riakPassword', 'riakCa', 'riakCert', 'riakKey']) {
      expect(() => riakOptions({ ...defaults(), [name]: garbled }), name).to.throw(
        ConfigError,
        /^RIAK_USER: /,
      );
    }
  });

  it('refuse a client certificate without its key', () => {
    const half = { ...defaults(), riakUser: 'tracker', riakCert: garbled };
    expect(() => riakOptions(half)).to.throw(ConfigError, /^RIAK_CERT: /);
  });

  describe('for a user', () => {
    let directory: string;
    let one: { certificate: string; key: string };
    let other: typeof one;

    function made(name: string): typeof one {
      const { certificate, key } = makeCertificate(directory, name);
      return { certificate: readFileSync(certificate, 'utf8'), key: readFileSync(key, 'utf8') };
    }

    function authFor(given: Partial<RiakSettings>): ReturnType<typeof riakOptions>['auth'] {
      return riakOptions({ ...defaults(), riakUser: 'tracker', ...given }).auth;
    }

    before(async () => {
      directory = await makeTempDir();
      one = made('one');
      other = made('other');
    });

    after(() => removeTempDir(directory));

    it('use all that is given', () => {
      const given = { riakPassword: 'secret', riakCa: one.certificate + other.certificate };
      expect(authFor(given)).to.deep.equal({
        user: 'tracker',
        password: 'secret',
        ca: one.certificate + other.certificate,
        verify: true,
      });
      expect(authFor({ riakCert: one.certificate, riakKey: one.key })).to.deep.equal({
        user: 'tracker',
        cert: one.certificate,
        key: one.key,
        verify: true,
      });
    });

    it('refuse certificates and keys that are not readable, and name the one that is not', () => {
      const { certificate, key } = one;
      for (const [given, setting] of [
        [{ riakCa: garbled }, 'RIAK_CA'],
        [{ riakCa: certificate + garbled }, 'RIAK_CA'],
        [{ riakCa: key }, 'RIAK_CA'],
        [{ riakCa: certificate.trim().replaceAll('\n', ' ') }, 'RIAK_CA'],
        [{ riakCert: garbled, riakKey: key }, 'RIAK_CERT'],
        [{ riakCert: certificate, riakKey: garbled }, 'RIAK_KEY'],
      ] as const) {
        expect(() => authFor(given)).to.throw(ConfigError, `${setting}: is not readable: error:`);
      }
    });

    it('refuse the key of another certificate, and show none of it', () => {
      expect(() => authFor({ riakCert: one.certificate, riakKey: other.key }))
        .to.throw(ConfigError, /^RIAK_CERT: does not go with RIAK_KEY: error:[^\n]*::key values mismatch$/)
        .with.property('message')
        .with.length.below(120);
    });
  });
});
