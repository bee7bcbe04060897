import { expect } from 'chai';

import { configOf, givenSettings } from '../../lib/config/given.js';
import { settingsInForce, type SettingInForce } from '../../lib/config/in-force.js';
import { settingGroups } from '../../lib/config.js';

function inForce(environment: Record<string, string> = {}): Map<string, SettingInForce> {
  const given = givenSettings(environment);
  return new Map(settingsInForce(given, configOf(given)).map((setting) => [setting.name, setting]));
}

describe('The settings in force', () => {
  it('are all settings, each once', () => {
    const names = settingGroups.flatMap(({ settings }) => Object.values(settings).map(({ name }) => name));
    expect(new Set(names).size).to.equal(names.length);
    expect([...inForce().keys()]).to.deep.equal(names);
  });

  it('have the values that the tracker works with, also where one follows from another', () => {
    const settings = inForce({
      ANNOUNCE_INTERVAL: ' 600 ',
      TRUST_IP_PARAMETER: 'yes',
      TRUSTED_PROXIES: '::1',
    });
    expect(settings.get('ANNOUNCE_INTERVAL')).to.deep.include({
      value: '600',
      unit: 'seconds',
      origin: { kind: 'environment' },
    });
    expect(settings.get('MIN_INTERVAL')).to.deep.include({ value: '300', origin: { kind: 'default' } });
    expect(settings.get('TRUST_IP_PARAMETER')).to.include({ value: 'on' });
    expect(settings.get('TRUSTED_PROXIES')).to.include({ value: '::1/128' });
  });

  it('do not count blanks as given', () => {
    expect(inForce({ PORT: '  ' }).get('PORT')).to.deep.include({
      value: '6969',
      origin: { kind: 'default' },
    });
  });

  it('show no secret, but whether there is one', () => {
    const secret = 'open-sesame-open-sesame';
    const secrets = settingGroups
      .flatMap(({ settings }) => Object.values(settings))
      .filter(({ secret, name }) => secret && name !== 'RIAK_KEY')
      .map(({ name }) => name);
    expect(secrets).to.include.members(['TRACKER_SECRET', 'METRICS_TOKEN', 'RIAK_PASSWORD', 'UDP_SECRET']);
    const settings = inForce(Object.fromEntries(secrets.map((name) => [name, secret])));
    for (const name of secrets) expect(settings.get(name)?.value, name).to.equal('(hidden)');
    expect(JSON.stringify([...settings])).to.not.contain(secret);
    expect(inForce().get('TRACKER_SECRET')?.value).to.equal('');
  });

  it('say which are of use with the store that was chosen', () => {
    const isOfUse = (store: string, name: string) =>
      inForce({ STORE: store, S3_BUCKET: 'bucket', AWS_ACCESS_KEY_ID: 'a', AWS_SECRET_ACCESS_KEY: 'b' }).get(
        name,
      )?.applies;
    expect(
      ['DATA_DIR', 'RIAK_NODES', 'S3_BUCKET', 'AWS_REGION', 'PORT'].map((name) => isOfUse('s3', name)),
    ).to.deep.equal([false, false, true, true, true]);
    expect(['DATA_DIR', 'RIAK_NODES', 'AWS_REGION'].map((name) => isOfUse('lmdb', name))).to.deep.equal([
      true,
      false,
      false,
    ]);
    expect(isOfUse('dynamodb', 'AWS_REGION')).to.equal(true);
  });
});
