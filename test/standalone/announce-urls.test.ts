import { expect } from 'chai';
import type { NetworkInterfaceInfo } from 'node:os';

import { announceUrls } from '../../lib/standalone/announce-urls.js';

function address(text: string, internal = false): NetworkInterfaceInfo {
  const rest = { address: text, netmask: '', mac: '', internal, cidr: null };
  return text.includes(':') ? { ...rest, family: 'IPv6', scopeid: 0 } : { ...rest, family: 'IPv4' };
}

const interfaces = {
  lo: [address('127.0.0.1', true), address('::1', true)],
  eth0: [address('fe80::1'), address('192.0.2.7'), address('2001:db8::7')],
};

function urls(host: string): string[] {
  return announceUrls(host, 6969, interfaces).map(({ url }) => url);
}

function reaches(host: string): string[] {
  return announceUrls(host, 6969, interfaces).map(({ reach }) => reach);
}

describe('the announce URLs offered at the start', () => {
  it("are those of the machine's addresses that others can reach, and localhost", () => {
    expect(urls('::')).to.deep.equal([
      'http://192.0.2.7:6969/announce',
      'http://[2001:db8::7]:6969/announce',
      'http://localhost:6969/announce',
    ]);
  });

  it('are all of them if there are several, and none of networks within this machine', () => {
    const several = {
      docker0: [address('172.17.0.1')],
      'br-0123456789ab': [address('172.18.0.1')],
      virbr0: [address('192.168.122.1')],
      veth12: [address('169.254.1.1')],
      eth0: [address('192.0.2.7')],
      wlan0: [address('198.51.100.7')],
    };
    expect(announceUrls('0.0.0.0', 1, several).map(({ url }) => url)).to.deep.equal([
      'http://192.0.2.7:1/announce',
      'http://198.51.100.7:1/announce',
      'http://localhost:1/announce',
    ]);
  });

  it('have no IPv6 address if it listens on IPv4 only', () => {
    expect(urls('0.0.0.0')).to.deep.equal([
      'http://192.0.2.7:6969/announce',
      'http://localhost:6969/announce',
    ]);
  });

  it('are the one of the address it listens on', () => {
    expect(urls('::1')).to.deep.equal(['http://[::1]:6969/announce']);
    expect(urls('tracker.example')).to.deep.equal(['http://tracker.example:6969/announce']);
  });

  it('say which of them are for other machines, and which for this one', () => {
    expect(reaches('::')).to.deep.equal(['other machines, IPv4', 'other machines, IPv6', 'this machine']);
    expect(reaches('0.0.0.0')).to.deep.equal(['other machines, IPv4', 'this machine']);
  });

  for (const host of ['127.0.0.1', '127.8.8.8', '::1', '0:0:0:0:0:0:0:1', '::ffff:127.0.0.1', 'localhost']) {
    it(`are for this machine alone if it listens on ${host}`, () => {
      expect(reaches(host)).to.deep.equal(['this machine']);
    });
  }

  for (const host of ['192.0.2.7', '2001:db8::7', 'tracker.example', '127.example']) {
    it(`are for whoever reaches the address if it listens on ${host}`, () => {
      expect(reaches(host)).to.deep.equal(['wherever this address can be reached']);
    });
  }
});
