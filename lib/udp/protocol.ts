/**
 * The layout of datagrams (BEP 15): numbers are big endian, and a request begins with
 * connection id 8, action 4, transaction id 4.
 */

/** What a datagram is for; `error` only comes from a tracker. */
export const ACTION = { connect: 0, announce: 1, scrape: 2, error: 3 } as const;

/** In the place of a connection id in a connect: the upper and the lower half. */
export const CONNECT_MAGIC = { high: 0x417, low: 0x27101980 } as const;

export const ACTION_AT = 8;
export const TRANSACTION_AT = 12;
/** Bytes of a connect, and those with which every request begins. */
export const REQUEST_HEAD = 16;
/** Bytes of an announce; options may follow (BEP 41). */
export const ANNOUNCE_LENGTH = 98;
/** Bytes of an announce reply before its peers. */
export const ANNOUNCE_REPLY_HEAD = 20;
/** Bytes of a scrape reply before its counts, and of an error before its text. */
export const REPLY_HEAD = 8;
/** Bytes of the counts of one torrent in a scrape reply. */
export const SCRAPED_LENGTH = 12;

/** Most torrents in one scrape (BEP 15): more would not fit into small packets. */
export const MAX_SCRAPED = 74;

/**
 * Bytes of a reply that one Ethernet frame of 1500 carries: less 20 of IPv4, or 40 of IPv6, and 8
 * of UDP.
 */
export const MAX_REPLY_V4 = 1472;
export const MAX_REPLY_V6 = 1452;
