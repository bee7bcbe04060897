import type { AnnounceRequest } from '../bittorrent/announce.js';
import type { ScrapeRequest } from '../bittorrent/scrape.js';
import type { ClientPolicy } from './clients/client-policy.js';
import type { KeyFigures, KeyPolicy } from './keys/key-policy.js';
import type { ListPolicy } from './list-policy.js';
import type { ListState } from './lists/torrent-list.js';
import type { Verdict } from './verdict.js';

export interface PolicyParts {
  readonly list: ListPolicy | undefined;
  readonly clients: ClientPolicy | undefined;
  readonly keys: KeyPolicy | undefined;
}

/** What health and metrics say; undefined for what is off. */
export interface PolicyFigures {
  readonly list: ListState | undefined;
  readonly clients: ListState | undefined;
  readonly keys: KeyFigures | undefined;
}

type Rule = (request: AnnounceRequest) => Verdict;

/** How often it is looked whether something is to be written, milliseconds. */
const LOOK_MS = 1000;

/** All that decides who may announce what. A request is served if nobody refuses it. */
export class Policies {
  /** In this order. The last one notes what it lets in: nobody refuses that after it. */
  private readonly rules: readonly Rule[];
  private timer: NodeJS.Timeout | undefined;

  constructor(private readonly parts: PolicyParts) {
    const { list, clients, keys } = parts;
    const rules: Rule[] = [];
    if (keys !== undefined) rules.push((request) => keys.check(request));
    if (clients !== undefined) rules.push((request) => clients.client(request.peerId));
    if (list !== undefined) rules.push((request) => list.torrent(request.infohash));
    if (keys !== undefined) rules.push((request) => keys.admit(request));
    this.rules = rules;
  }

  announce(request: AnnounceRequest): Verdict {
    return this.ask(request, 0);
  }

  scrapes(request: ScrapeRequest): Verdict {
    return this.parts.keys?.check(request);
  }

  scrape(infohash: Uint8Array): Verdict {
    return this.parts.list?.torrent(infohash);
  }

  /**
   * Whether peers of a torrent are to be forgotten.
   * @throws (rejects with) a StoreError or ListError if no list is known
   */
  denies(infohash: Uint8Array): Promise<boolean> {
    return this.parts.list?.denies(infohash) ?? Promise.resolve(false);
  }

  /**
   * Reads the lists now, and each key before it is used again.
   * @throws (rejects with) a StoreError or ListError; what is known stays
   */
  async reload(): Promise<void> {
    this.parts.keys?.expire();
    await Promise.all([this.parts.list?.reload(), this.parts.clients?.reload()]);
  }

  figures(): PolicyFigures {
    const { list, clients, keys } = this.parts;
    return { list: list?.state(), clients: clients?.state(), keys: keys?.figures() };
  }

  /** What an operator should know, a line each: what is in use is not the present state. */
  notes(): string[] {
    const { list, clients, keys } = this.figures();
    const lines: string[] = [];
    for (const [name, state] of [
      ['the list of torrents', list],
      ['the list of clients', clients],
    ] as const) {
      if (state?.problem === undefined) continue;
      const { knownAt } = state;
      const since = knownAt === undefined ? 'is not known' : `is that of ${new Date(knownAt).toISOString()}`;
      lines.push(`${name} cannot be read: the one in use ${since}`);
    }
    if (keys?.problem !== undefined) lines.push('keys cannot be read: the last answers are in use');
    return lines;
  }

  /** Begins to write now and then what keys are used for. */
  start(): void {
    const { keys } = this.parts;
    if (keys === undefined) return;
    this.timer = setInterval(() => void keys.writeDue(), LOOK_MS).unref();
  }

  /** Writes what is not written yet. Never rejects. */
  async stop(): Promise<void> {
    clearInterval(this.timer);
    await this.parts.keys?.writeAll();
  }

  private ask(request: AnnounceRequest, first: number): Verdict {
    for (let at = first; at < this.rules.length; at++) {
      const verdict = this.rules[at]?.(request);
      if (verdict instanceof Promise) {
        return verdict.then((refusal) => refusal ?? this.ask(request, at + 1));
      }
      if (verdict !== undefined) return verdict;
    }
    return undefined;
  }
}
