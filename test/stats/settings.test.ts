import { expect } from 'chai';

import { ConfigError, parseConfig } from '../../lib/config.js';

describe('the settings of the page and the metrics', () => {
  it('take a public URL without the slash at its end, and nothing that is none', () => {
    expect(parseConfig({ PUBLIC_URL: 'https://t.example:8443/' }).publicUrl).to.equal(
      'https://t.example:8443',
    );
    expect(parseConfig({ PUBLIC_URL: 'http://[2001:db8::1]/bt' }).publicUrl).to.equal(
      'http://[2001:db8::1]/bt',
    );
    for (const url of [
      't.example',
      'udp://t.example',
      'https://t/?a',
      'https://"onload=',
      'https://a b',
      'https://[',
    ]) {
      expect(() => parseConfig({ PUBLIC_URL: url }), url).to.throw(ConfigError, 'PUBLIC_URL');
    }
  });

  it('take a token that is not short, and never show it', () => {
    expect(parseConfig({ METRICS_TOKEN: 'token-of-the-metrics' }).metricsToken).to.equal(
      'token-of-the-metrics',
    );
    expect(() => parseConfig({ METRICS_TOKEN: 'short' })).to.throw(
      ConfigError,
      /^METRICS_TOKEN: got a value that is not shown/,
    );
  });

  it('show nothing that is not asked for', () => {
    const { statsSwarms, metricsPort, metricsToken, metricsHost } = parseConfig({});
    expect([statsSwarms, metricsPort, metricsToken, metricsHost]).to.deep.equal([false, 0, '', '127.0.0.1']);
  });
});
