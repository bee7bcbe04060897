import { expect } from 'chai';
import fc from 'fast-check';

import { settingGroups } from '../../lib/config.js';
import { givenSettings } from '../../lib/config/given.js';
import { deploymentNames, gatewayNames } from '../../lib/config/other-names.js';
import { editsBetween, meantBy } from '../../lib/settings/near-misses.mjs';
import { usualNames } from './usual-names.js';

const settingNames = settingGroups.flatMap(({ settings }) => Object.values(settings).map(({ name }) => name));
const allNames = [...settingNames, ...deploymentNames, ...gatewayNames];

describe('A name that is no setting', () => {
  for (const [name, meant] of [
    ['PROT', 'PORT'],
    ['port', 'PORT'],
    ['Data_Dir', 'DATA_DIR'],
    ['DATADIR', 'DATA_DIR'],
    ['DATA-DIR', 'DATA_DIR'],
    ['STROE', 'STORE'],
    ['STOR', 'STORE'],
    ['RIAK_NODE', 'RIAK_NODES'],
    ['TRUSTED_PROXY', 'TRUSTED_PROXIES'],
    ['ANOUNCE_INTERVAL', 'ANNOUNCE_INTERVAL'],
    ['ANNOUNCE_INTERVALL', 'ANNOUNCE_INTERVAL'],
    ['ANNOUNCE_INTERVAL_SECONDS', 'ANNOUNCE_INTERVAL'],
    ['MAX_CONECTION', 'MAX_CONNECTIONS'],
    ['LOGLEVEL', 'LOG_LEVEL'],
    ['DURABLITY', 'DURABILITY'],
    ['OPENWHISK_API_HOST', 'OPENWHISK_APIHOST'],
  ] as const) {
    it(`${name} means ${meant}`, () => {
      expect(meantBy(name, settingNames.concat(deploymentNames))).to.equal(meant);
    });
  }

  for (const name of ['HOME', 'POST', 'HOSTNAME', 'PORTABLE', 'HISTFILE', 'SHELL', 'CACHE', 'UPD', 'X']) {
    it(`${name} means nothing`, () => {
      expect(meantBy(name, settingNames)).to.equal(undefined);
    });
  }

  it('with one edit of a setting of five letters or more is found, whatever the edit', () => {
    const long = settingNames.filter((name) => name.length >= 5);
    fc.assert(
      fc.property(fc.constantFrom(...long), edits, (name, edit) => {
        const given = edit(name);
        fc.pre(given !== name && !settingNames.includes(given));
        const meant = meantBy(given, settingNames);
        expect(meant, given).to.be.a('string');
        // Another setting may be as close.
        expect(editsBetween(given, meant ?? '', 1) <= 1 || isSameWord(given, meant ?? ''), given).to.equal(
          true,
        );
      }),
    );
  });

  it('is no setting that the same file may have for another command', () => {
    for (const known of [settingNames, deploymentNames, gatewayNames]) {
      for (const name of allNames.filter((each) => !known.includes(each))) {
        expect(meantBy(name, known), name).to.equal(undefined);
      }
    }
  });
});

describe('An environment', () => {
  const unknownIn = (environment: Record<string, string>) => givenSettings(environment).unknown;

  it('of usual names has no false alarm, whatever their values', () => {
    fc.assert(
      fc.property(
        fc.dictionary(fc.constantFrom(...usualNames), fc.string({ minLength: 1 }), { maxKeys: 40 }),
        (environment) => {
          expect(unknownIn(environment)).to.deep.equal([]);
        },
      ),
    );
    expect(unknownIn(Object.fromEntries(usualNames.map((name) => [name, 'x'])))).to.deep.equal([]);
  });

  it('of settings, of a deployment and of the gateway has none either', () => {
    expect(unknownIn(Object.fromEntries(allNames.map((name) => [name, '1'])))).to.deep.equal([]);
  });

  it('of Kubernetes or Docker may have a service called riak', () => {
    expect(unknownIn({ RIAK_PORT: 'tcp://10.0.0.1:8087', RIAK_1_PORT: 'tcp://10.0.0.1:8087' })).to.deep.equal(
      [],
    );
  });

  it('has what was meant beside each misspelt name, also among usual ones', () => {
    expect(unknownIn({ PATH: '/bin', RIAK_NODE: 'a:1', PROT: '1' })).to.deep.equal([
      { name: 'RIAK_NODE', meant: 'RIAK_NODES' },
      { name: 'PROT', meant: 'PORT' },
    ]);
  });

  it("has a name that begins as only the tracker's do, and is close to none", () => {
    expect(unknownIn({ RIAK_COLOUR: 'blue' })).to.deep.equal([{ name: 'RIAK_COLOUR', meant: undefined }]);
  });

  it('does not count a name without a value', () => {
    expect(unknownIn({ RIAK_NODE: '' })).to.deep.equal([]);
  });
});

/** Differs only in what spelling does not count. */
function isSameWord(a: string, b: string): boolean {
  const letters = (name: string): string =>
    name
      .toUpperCase()
      .replaceAll('_', '')
      .replace(/I?ES$|S$|Y$/, '');
  return letters(a) === letters(b);
}

const letter = fc.constantFrom(...'ABCDEFGHIJKLMNOPQRSTUVWXYZ_'.split(''));

/** An insertion, deletion, replacement or swap somewhere. */
const edits = fc
  .tuple(
    fc.constantFrom('insert', 'delete', 'replace', 'swap'),
    fc.double({ min: 0, max: 0.999, noNaN: true }),
    letter,
  )
  .map(([kind, where, char]) => (name: string): string => {
    const at = Math.floor(where * name.length);
    const [head, tail] = [name.slice(0, at), name.slice(at)];
    switch (kind) {
      case 'insert':
        return head + char + tail;
      case 'delete':
        return head + tail.slice(1);
      case 'replace':
        return head + char + tail.slice(1);
      case 'swap':
        return head + tail.slice(1, 2) + tail.slice(0, 1) + tail.slice(2);
    }
  });
