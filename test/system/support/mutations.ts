/** Requests of BitTorrent clients, damaged. */
import type { Random } from '../../../lib/environment.js';
import { seededBytes } from '../../support/seeded-random.js';
import { escapes } from './escapes.js';
import { announceTarget, getRequest, scrapeTarget } from './targets.js';

export interface Mutant {
  /** Latin-1. */
  readonly request: string;
  /**
   * Whether it is one whole request of which HTTP alone finds nothing to object to, so that it has
   * exactly one reply and the connection stays. If not, nobody can say how many requests the
   * tracker will see in it.
   */
  readonly isWhole: boolean;
}

/** A stream of mutants, the same for the same random numbers. */
export class MutantGenerator {
  private readonly infohashes: readonly Buffer[];
  private readonly peerIds: readonly Buffer[];

  constructor(private readonly random: Random) {
    // Few, so that what is left of them after a mutation meets in the same swarms.
    this.infohashes = Array.from({ length: 50 }, () => seededBytes(random, 20));
    this.peerIds = Array.from({ length: 200 }, () => seededBytes(random, 20));
  }

  /** A request that is damaged in its target or method, and not as HTTP. */
  whole(): Mutant {
    let target = this.validTarget();
    for (let n = 1 + this.below(3); n > 0; n--) target = this.mutateTarget(target);
    const method = this.below(20) === 0 ? this.pick(['POST', 'PUT', 'DELETE', 'OPTIONS', 'PATCH']) : 'GET';
    // What HTTP does not allow in a target is left to the other kind of mutants.
    const plain = target.replace(/[^!-~]|#/g, '%');
    const mutant = getRequest(plain.startsWith('/') ? plain : `/${plain}`, this.harmlessHeaders());
    return { request: mutant.replace(/^GET/, method), isWhole: true };
  }

  /** A request that may be damaged anywhere, or several run together. */
  broken(): Mutant {
    let request = getRequest(this.validTarget(), this.anyHeaders());
    for (let n = 1 + this.below(4); n > 0; n--) request = this.mutateRequest(request);
    return { request, isWhole: false };
  }

  private validTarget(): string {
    const escape = this.pick(escapes);
    if (this.below(4) === 0) {
      const some = Array.from({ length: 1 + this.below(5) }, () => this.pick(this.infohashes));
      return scrapeTarget(some, escape);
    }
    const more = this.pick([
      '',
      '&event=started',
      '&event=stopped',
      '&event=completed',
      '&numwant=200',
      '&no_peer_id=1',
      '&ip=10.0.0.1',
    ]);
    return announceTarget(
      {
        infohash: this.pick(this.infohashes),
        peerId: this.pick(this.peerIds),
        port: 1 + this.below(65_535),
        left: this.below(2),
      },
      this.below(10) === 0 ? `&compact=0${more}` : more,
      escape,
    );
  }

  private mutateTarget(target: string): string {
    const [path, query] = splitOnce(target, '?');
    const parameters = query.split('&');
    const at = this.below(parameters.length);
    const [name, value] = splitOnce(parameters[at] ?? '', '=');
    const withParameter = (...replacement: string[]): string =>
      `${path}?${[...parameters.slice(0, at), ...replacement, ...parameters.slice(at + 1)].join('&')}`;
    switch (this.below(12)) {
      case 0:
        return this.flipByte(target);
      case 1:
        return withParameter();
      case 2:
        return withParameter(`${name}=${value}`, `${name}=${value}`);
      case 3:
        return withParameter(`${name}=${this.pick(odd)}`);
      case 4:
        return withParameter(`${name}=${value}${this.pick(brokenEscapes)}`);
      case 5:
        return withParameter(`${name}=${value.slice(0, this.below(value.length + 1))}`);
      case 6:
        return withParameter(`${this.pick(brokenEscapes)}${name}=${value}`);
      case 7:
        return withParameter(`${name}=${value}${this.pick(['a', '%00', '+', '%ff'])}`);
      case 8:
        return withParameter(name);
      case 9:
        return `${target}${'&'.repeat(this.below(500))}`;
      case 10:
        return `${this.pick(['/announce', '/scrape', '/', '/announce/', '//', '/health'])}?${query}`;
      default:
        return target.slice(0, this.below(target.length + 1));
    }
  }

  private mutateRequest(request: string): string {
    const at = this.below(request.length + 1);
    switch (this.below(9)) {
      case 0:
        return this.flipByte(request);
      case 1:
        return request.slice(0, at);
      case 2:
        return (
          request.slice(0, at) +
          seededBytes(this.random, 1 + this.below(30)).toString('latin1') +
          request.slice(at)
        );
      case 3:
        return request.slice(0, at) + request.slice(at + 1 + this.below(10));
      case 4:
        return request.slice(0, at) + getRequest(this.validTarget()) + request.slice(at);
      case 5:
        return request.replace('GET', this.pick(methods));
      case 6:
        return request.replace(
          'HTTP/1.1',
          this.pick(['HTTP/1.0', 'HTTP/0.9', 'HTTP/2.0', 'HTTP/1.10', 'http/1.1', '']),
        );
      case 7:
        return request.replaceAll('\r\n', this.pick(['\n', '\r', '\r\n\r\n', '\n\r', '\r\r\n']));
      default:
        return request.replace('\r\n', `\r\n${this.anyHeaders()}`);
    }
  }

  private flipByte(text: string): string {
    const at = this.below(text.length);
    const flipped = (text.charCodeAt(at) ^ (1 << this.below(8))) & 0xff;
    return text.slice(0, at) + String.fromCharCode(flipped) + text.slice(at + 1);
  }

  private harmlessHeaders(): string {
    return this.below(4) === 0 ? this.pick(harmless) : '';
  }

  private anyHeaders(): string {
    let headers = '';
    for (let n = this.below(4); n > 0; n--) headers += this.pick([...harmless, ...harmful]);
    return headers;
  }

  private below(limit: number): number {
    return Math.floor(this.random() * limit);
  }

  private pick<T>(items: readonly T[]): T {
    const item = items[this.below(items.length)];
    if (item === undefined) throw new RangeError('nothing to pick from');
    return item;
  }
}

const odd = [
  '',
  '0',
  '-1',
  '99999',
  'abc',
  '%00',
  '1e9',
  '18446744073709551616',
  '%',
  '%%',
  'started',
  '6881',
  '%31',
];
const brokenEscapes = ['%', '%4', '%zz', '%u0041', '%%%', '%-1', '%0x'];
const methods = ['HEAD', 'POST', 'CONNECT', 'OPTIONS', 'TRACE', 'QUERY', 'get', 'G\0T', '', 'PRI'];
const harmless = [
  'User-Agent: Transmission/4.0.5\r\n',
  'Accept-Encoding: gzip\r\n',
  'X-Forwarded-For: 1.2.3.4\r\n',
  'X-Real-IP: 1.2.3.4\r\n',
  'Connection: keep-alive\r\n',
  'Expect: a miracle\r\n',
  'Cookie: a=b\r\n',
];
const harmful = [
  'Connection: close\r\n',
  'Content-Length: 10\r\n',
  'Content-Length: -1\r\n',
  'Content-Length: 4294967296\r\n',
  'Transfer-Encoding: chunked\r\n',
  'Transfer-Encoding: gzip\r\n',
  'Upgrade: h2c\r\nConnection: Upgrade\r\n',
  'Expect: 100-continue\r\n',
  'Host: other.test\r\n',
  ': nothing\r\n',
  'X\r\n',
  '\r\n',
  `X: ${'a'.repeat(16_000)}\r\n`,
];

function splitOnce(text: string, separator: string): [string, string] {
  const at = text.indexOf(separator);
  return at < 0 ? [text, ''] : [text.slice(0, at), text.slice(at + separator.length)];
}
