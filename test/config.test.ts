import { expect } from 'chai';
import fc from 'fast-check';

import { ConfigError, describeSettings, parseConfig } from '../lib/config.js';
import { readSetting } from '../lib/settings/read-setting.js';
import { text } from '../lib/settings/setting.js';

function refusal(source: Readonly<Record<string, unknown>>): ConfigError {
  try {
    parseConfig(source);
  } catch (error) {
    if (error instanceof ConfigError) return error;
    throw error;
  }
  throw new Error('nothing was refused');
}

describe('settings', () => {
  it('have a default each', () => {
    expect(parseConfig({})).to.include({
      port: 6969,
      host: '::',
      storeName: 'lmdb',
      dataDirectory: './data',
      announceIntervalSeconds: 1800,
      numwantDefault: 50,
      numwantMax: 200,
      trustIpParameter: false,
      logLevel: 'warn',
    });
  });

  it('derive the minimum interval and the peer lifetime from the announce interval', () => {
    expect(parseConfig({ ANNOUNCE_INTERVAL: '600' })).to.include({
      minIntervalSeconds: 300,
      peerLifetimeSeconds: 900,
    });
  });

  it('write each announce unless REFRESH_EVERY says otherwise, which takes a longer PEER_LIFETIME', () => {
    expect(parseConfig({}).refreshEvery).to.equal(1);
    expect(refusal({ REFRESH_EVERY: '2' })).to.include({ setting: 'PEER_LIFETIME' });
    expect(refusal({ REFRESH_EVERY: '2', PEER_LIFETIME: '3960' }).message).to.include('more than 3960');
    expect(parseConfig({ REFRESH_EVERY: '2', PEER_LIFETIME: '3961' }).refreshEvery).to.equal(2);
    expect(refusal({ REFRESH_EVERY: '0' })).to.include({ setting: 'REFRESH_EVERY' });
  });

  it('take an explicit value before a derived one', () => {
    expect(parseConfig({ ANNOUNCE_INTERVAL: '600', MIN_INTERVAL: '60' }).minIntervalSeconds).to.equal(60);
  });

  it('are read from text, and from the numbers and booleans of an action', () => {
    expect(parseConfig({ PORT: '7000', TRUST_IP_PARAMETER: 'on' })).to.include({
      port: 7000,
      trustIpParameter: true,
    });
    expect(parseConfig({ PORT: 7000, TRUST_IP_PARAMETER: true })).to.include({
      port: 7000,
      trustIpParameter: true,
    });
    expect(parseConfig({ TRUST_IP_PARAMETER: false }).trustIpParameter).to.equal(false);
  });

  it('count as not set when they are empty, blank, null or undefined', () => {
    for (const nothing of ['', '  ', null, undefined]) {
      expect(parseConfig({ PORT: nothing, HOST: nothing })).to.include({ port: 6969, host: '::' });
    }
  });

  it('may have spaces around them', () => {
    expect(parseConfig({ PORT: ' 7000 ' }).port).to.equal(7000);
  });

  it('leave names alone that are no settings', () => {
    expect(parseConfig({ PATH: '/bin', __ow_method: 'get' })).to.deep.equal(parseConfig({}));
  });

  it('cannot be changed once read', () => {
    expect(Object.isFrozen(parseConfig({}))).to.equal(true);
  });

  it('read networks as CIDR, an address alone as a network of one', () => {
    expect(parseConfig({ TRUSTED_PROXIES: '10.0.0.0/8, ::1,192.0.2.7' }).trustedProxies).to.deep.equal([
      '10.0.0.0/8',
      '::1/128',
      '192.0.2.7/32',
    ]);
  });

  it('read the public address of either family, or of both', () => {
    expect(parseConfig({}).publicAddress).to.deep.equal([]);
    for (const [text, read] of [
      ['203.0.113.5', ['203.0.113.5']],
      ['2001:db8::5', ['2001:db8::5']],
      ['203.0.113.5 , 2001:db8::5', ['203.0.113.5', '2001:db8::5']],
      ['192.168.1.10', ['192.168.1.10']],
    ] as const) {
      expect(parseConfig({ PUBLIC_ADDRESS: text }).publicAddress, text).to.deep.equal(read);
    }
    for (const wrong of [
      'tracker.example',
      '127.0.0.1',
      '0.0.0.0',
      '::',
      'fe80::1',
      'ff02::1',
      '1.1.1.1,1.1.1.2',
      '1.1.1.1,',
      '1.1.1.1/32',
    ]) {
      expect(refusal({ PUBLIC_ADDRESS: wrong }), wrong).to.include({ setting: 'PUBLIC_ADDRESS' });
    }
  });

  it('never fail with anything but a ConfigError', () => {
    const names = [
      'PORT',
      'STORE',
      'HOST',
      'TRUSTED_PROXIES',
      'TRUST_IP_PARAMETER',
      'ANNOUNCE_INTERVAL',
      'PUBLIC_ADDRESS',
    ];
    fc.assert(
      fc.property(fc.constantFrom(...names), fc.anything(), (name, value) => {
        try {
          parseConfig({ [name]: value });
        } catch (error) {
          expect(error).to.be.instanceOf(ConfigError);
          expect(error)
            .to.have.property('setting')
            .that.is.oneOf([...names, 'PEER_LIFETIME', 'WARM_SECONDS']);
        }
      }),
      // Two seconds of life are less than what is remembered may be old.
      { examples: [['ANNOUNCE_INTERVAL', '1']] },
    );
  });
});

describe('a setting that cannot be used', () => {
  it('is named, with what it got and what it takes', () => {
    expect(refusal({ PORT: 'abc' })).to.include({
      setting: 'PORT',
      message: 'PORT: got "abc", takes a whole number from 0 to 65535',
    });
  });

  it('is named with its unit', () => {
    expect(refusal({ ANNOUNCE_INTERVAL: 0 }).message).to.equal(
      'ANNOUNCE_INTERVAL: got 0, takes a whole number from 1 to 86400 (seconds)',
    );
  });

  for (const port of [
    '65536',
    '-1',
    '1.5',
    '0x10',
    '1e3',
    'NaN',
    '６',
    70_000,
    Number.NaN,
    1e21,
    true,
    {},
    [],
  ]) {
    it(`is a port of ${JSON.stringify(port)} (${typeof port})`, () => {
      expect(refusal({ PORT: port }).setting).to.equal('PORT');
    });
  }

  it('is a store that does not exist, and the message lists those that do', () => {
    expect(refusal({ STORE: 'redis' }).message)
      .to.match(/^STORE: got "redis", takes /)
      .and.to.contain('lmdb');
  });

  for (const list of [
    '10.0.0.0/33',
    '::/129',
    '10.0.0/8',
    'localhost',
    '10.0.0.1,',
    'fe80::1%eth0',
    '::1/1/1',
    '1.2.3.4/',
  ]) {
    it(`is a list of proxies like ${list}`, () => {
      expect(refusal({ TRUSTED_PROXIES: list }).setting).to.equal('TRUSTED_PROXIES');
    });
  }

  it('is text with control characters, shown escaped', () => {
    expect(refusal({ DATA_DIR: 'a\u001b[2Jb' }).message).to.contain('"a\\u001b[2Jb"');
  });

  it('is shown in part if it is long', () => {
    expect(refusal({ STORE: 'x'.repeat(10_000) }).message.length).to.be.below(200);
  });

  it('is a minimum interval above the interval', () => {
    expect(refusal({ ANNOUNCE_INTERVAL: '60', MIN_INTERVAL: '61' }).setting).to.equal('MIN_INTERVAL');
  });

  it('is a lifetime in which a peer that announces on time would expire', () => {
    const interval = { ANNOUNCE_INTERVAL: '1000', INTERVAL_JITTER: '10' };
    expect(refusal({ ...interval, PEER_LIFETIME: '1100' }).setting).to.equal('PEER_LIFETIME');
    expect(parseConfig({ ...interval, PEER_LIFETIME: '1101' }).peerLifetimeSeconds).to.equal(1101);
  });

  it('is named with numbers as people write them, without the noise of binary fractions', () => {
    fc.assert(
      fc.property(
        fc.integer({ min: 2, max: 86_400 }),
        fc.integer({ min: 0, max: 100 }),
        (interval, jitter) => {
          const settings = { ANNOUNCE_INTERVAL: interval, INTERVAL_JITTER: jitter, PEER_LIFETIME: 2 };
          expect(refusal(settings).message).to.match(/which is \d+(\.\d\d?)? \(ANNOUNCE_INTERVAL/);
        },
      ),
    );
  });

  it('is a time for which shards are kept that outlives a peer', () => {
    const interval = { ANNOUNCE_INTERVAL: '60', PEER_LIFETIME: '90' };
    expect(refusal({ ...interval, WARM_SECONDS: '90' }).setting).to.equal('WARM_SECONDS');
    expect(parseConfig({ ...interval, WARM_SECONDS: '89' }).warmSeconds).to.equal(89);
  });

  it('is a time to connect to Riak that is as long as a call, where Riak is used', () => {
    const times = { RIAK_CALL_TIMEOUT: '1000', RIAK_CONNECT_TIMEOUT: '1000' };
    expect(refusal({ ...times, STORE: 'riak' }).setting).to.equal('RIAK_CONNECT_TIMEOUT');
    expect(parseConfig(times).riakConnectTimeoutMs).to.equal(1000);
    expect(
      parseConfig({ STORE: 'riak', RIAK_CALL_TIMEOUT: '1000' }).riakConnectTimeoutMs,
      'by default',
    ).to.equal(750);
  });

  it('is a time for silent copies in Riak that leaves no time to ask again', () => {
    const times = { RIAK_CALL_TIMEOUT: '1000', RIAK_REPLICA_TIMEOUT: '501' };
    expect(refusal({ ...times, STORE: 'riak' }).setting).to.equal('RIAK_REPLICA_TIMEOUT');
    expect(parseConfig(times).riakReplicaTimeoutMs).to.equal(501);
    expect(parseConfig({ RIAK_CALL_TIMEOUT: '1000' }).riakReplicaTimeoutMs, 'by default').to.equal(250);
  });

  it('is a line of no call at all for connections to Riak: whoever opens the first one waits in it', () => {
    expect(refusal({ RIAK_QUEUE_DEPTH: '0' }).setting).to.equal('RIAK_QUEUE_DEPTH');
  });

  it('is a default of peers above the cap', () => {
    expect(refusal({ NUMWANT_DEFAULT: '30', NUMWANT_MAX: '20' }).setting).to.equal('NUMWANT_DEFAULT');
  });

  it('is a request timeout below that of its head', () => {
    expect(refusal({ HEADERS_TIMEOUT: '2000', REQUEST_TIMEOUT: '1000' }).setting).to.equal('REQUEST_TIMEOUT');
  });
});

describe('a secret', () => {
  const secret = text('TOKEN', {
    description: 'A token.',
    takes: 'printable text',
    default: '',
    secret: true,
  });

  it('is read like any other setting', () => {
    expect(readSetting(secret, { TOKEN: 'open sesame' })).to.equal('open sesame');
  });

  it('is not shown when it cannot be used', () => {
    expect(() => readSetting(secret, { TOKEN: 'open\nsesame' })).to.throw(
      ConfigError,
      /^TOKEN: got a value that is not shown, takes printable text$/,
    );
  });
});

describe('the help', () => {
  it('has every setting with what it takes, its default and what it does', () => {
    const help = describeSettings();
    expect(help).to.contain(
      '  PORT\n      TCP port to listen on; 0 takes any free one.\n      Takes a whole number from 0 to 65535; default 6969.\n',
    );
    expect(help).to.contain('default 0.5 x ANNOUNCE_INTERVAL');
    for (const name of ['STORE', 'DATA_DIR', 'TRUSTED_PROXIES', 'NUMWANT_MAX', 'WARM_BYTES', 'LOG_LEVEL']) {
      expect(help).to.match(new RegExp(`^ {2}${name}$`, 'm'));
    }
  });

  it('says that a password cannot begin or end with a blank', () => {
    expect(describeSettings()).to.contain('Blanks at its ends are not taken for a part of it.');
    expect(parseConfig({ RIAK_PASSWORD: ' two words ' }).riakPassword).to.equal('two words');
  });
});
