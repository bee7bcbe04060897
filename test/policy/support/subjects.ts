/** A tracker as its clients see it, over each protocol and platform, for what policies say. */
import { randomBytes } from 'node:crypto';

import { parseAddress } from '../../../lib/bittorrent/address.js';
import { Tracker } from '../../../lib/tracker/tracker.js';
import type { TrackerComponents } from '../../../lib/tracker/components.js';
import { ConnectionIds } from '../../../lib/udp/connection-ids.js';
import { UdpFront } from '../../../lib/udp/front.js';
import { adapters } from '../../contract/adapters.js';
import { defined } from '../../support/defined.js';
import { queryOf } from '../../tracker/tracker-harness.js';
import {
  announceRequest,
  connectRequest,
  readConnectReply,
  readError,
  readScrapeReply,
  scrapeRequest,
  urlData,
} from '../../udp/client.js';

export interface Asked {
  readonly infohash: Buffer;
  readonly peerId?: Buffer;
  readonly passkey?: string;
  readonly address?: string;
}

/** What a client is told. */
export interface Told {
  /** Undefined if it is served. */
  readonly reason?: string | undefined;
  /** Of a refusal; UDP has no room for it. */
  readonly retryIn?: string | undefined;
}

export interface PolicySubject {
  announce(asked: Asked): Promise<Told>;
  /** Leechers of each torrent; undefined where it is left out. A refusal is its reason. */
  scrape(infohashes: readonly Buffer[], passkey?: string): Promise<(number | undefined)[] | string>;
  close(): Promise<void>;
}

const PEER_ID = Buffer.from('-TT0001-abcdefghijkl');
const ADDRESS = '192.0.2.1';

export const subjects: Readonly<Record<string, (components: TrackerComponents) => Promise<PolicySubject>>> = {
  ...Object.fromEntries(
    Object.entries(adapters).map(([name, adapt]) => [
      name,
      async (components: TrackerComponents): Promise<PolicySubject> => {
        const { ask, close } = await adapt(components);
        return {
          announce: async ({ infohash, peerId = PEER_ID, passkey, address = ADDRESS }) => {
            const query = queryOf({ info_hash: infohash, peer_id: peerId, port: 6881, left: 1 });
            const body = await ask(`${prefixOf(passkey)}/announce?${query}`, address);
            const [, reason, retryIn] =
              /^d14:failure reason\d+:(.*)8:retry in(?:i(\d+)e|5:never)e$/.exec(body) ?? [];
            if (reason === undefined && !body.includes('8:interval')) throw new Error(body);
            return reason === undefined ? {} : { reason, retryIn: retryIn ?? 'never' };
          },
          scrape: async (infohashes, passkey) => {
            const query = infohashes.map((infohash) => queryOf({ info_hash: infohash })).join('&');
            const body = await ask(`${prefixOf(passkey)}/scrape?${query}`, ADDRESS);
            const [, reason] = /^d14:failure reason\d+:(.*)8:retry in/.exec(body) ?? [];
            if (reason !== undefined) return reason;
            return infohashes.map((infohash) => {
              const file = body.split(`20:${infohash.toString('latin1')}d`)[1];
              const [, leechers] = /10:incompletei(\d+)e/.exec(file ?? '') ?? [];
              return leechers === undefined ? undefined : Number(leechers);
            });
          },
          close,
        };
      },
    ]),
  ),
  UDP: (components) => Promise.resolve(udp(components)),
};

function prefixOf(passkey: string | undefined): string {
  return passkey === undefined ? '' : `/${passkey}`;
}

function udp(components: TrackerComponents): PolicySubject {
  const front = new UdpFront({
    ...components,
    tracker: new Tracker(components),
    ids: new ConnectionIds(randomBytes(16)),
  });
  const send = async (datagram: (id: Buffer) => Buffer, address: string): Promise<Buffer> => {
    const from = defined(parseAddress(address));
    const id = readConnectReply(defined(await front.handle(connectRequest(), from)));
    return defined(await front.handle(datagram(id), from));
  };
  return {
    announce: async ({ infohash, peerId = PEER_ID, passkey, address = ADDRESS }) => {
      const options = passkey === undefined ? {} : { options: urlData(`/${passkey}/announce`) };
      const reply = await send((id) => announceRequest(id, { infohash, peerId, ...options }), address);
      return reply.readUInt32BE(0) === 3 ? { reason: readError(reply) } : {};
    },
    scrape: async (infohashes) => {
      const reply = await send((id) => scrapeRequest(id, infohashes), ADDRESS);
      if (reply.readUInt32BE(0) === 3) return readError(reply);
      return readScrapeReply(reply).map(({ leechers }) => leechers);
    },
    close: () => Promise.resolve(),
  };
}
