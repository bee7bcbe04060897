/** Which trackers are asked for which torrents, by what was named on the command line. */
import { readFile } from 'node:fs/promises';

import { parseTracker } from '../../client/ask.js';
import { TrackerError } from '../../client/tracker-error.js';
import { inOneLine } from '../../error-message.js';
import { parseTorrent, readTorrentFile, TorrentError, type Torrent } from '../../metainfo/torrent.js';

/** What was named cannot be used. */
export class TargetError extends Error {
  override readonly name = 'TargetError';
}

export interface Target {
  readonly tracker: URL;
  /** 20 bytes each, each once; none if no torrent was named. */
  readonly infohashes: readonly Buffer[];
}

/** More is no torrent that anybody announces by hand. */
const MAX_TORRENT_BYTES = 64 * 1024 * 1024;

/**
 * Announce URLs are asked for every torrent. Without any, each torrent is asked of its own
 * trackers, and one that names none of `ownTracker()`.
 * @throws TargetError for what is neither, or cannot be read
 */
export async function targetsOf(what: readonly string[], ownTracker: () => URL): Promise<Target[]> {
  const urls = what.filter(isUrl).map(trackerOf);
  const torrents = await Promise.all(what.filter((name) => !isUrl(name)).map(torrentOf));
  const targets = new Map<string, { readonly tracker: URL; readonly infohashes: Map<string, Buffer> }>();
  const add = (tracker: URL, infohashes: readonly Buffer[]): void => {
    const target = targets.get(tracker.href) ?? { tracker, infohashes: new Map<string, Buffer>() };
    targets.set(tracker.href, target);
    for (const infohash of infohashes) target.infohashes.set(infohash.toString('hex'), infohash);
  };
  for (const url of urls) add(url, []);
  for (const { infohashes, trackers } of torrents) {
    for (const tracker of urls.length > 0 ? urls : trackersOf(trackers, ownTracker)) add(tracker, infohashes);
  }
  return [...targets.values()].map(({ tracker, infohashes }) => ({
    tracker,
    infohashes: [...infohashes.values()],
  }));
}

function isUrl(name: string): boolean {
  return /^[a-z][a-z0-9+.-]*:\/\//i.test(name);
}

/** A tracker that is named without a path is asked at /announce, where nearly all are. */
function trackerOf(url: string): URL {
  try {
    const tracker = parseTracker(url);
    if (['', '/'].includes(tracker.pathname) && tracker.search === '') tracker.pathname = '/announce';
    return tracker;
  } catch (cause) {
    if (!(cause instanceof TrackerError)) throw cause;
    throw new TargetError(`${url}: ${cause.message}`, { cause });
  }
}

/** Those of a torrent that can be asked: some are for browsers (wss://). */
function trackersOf(named: readonly string[], ownTracker: () => URL): URL[] {
  if (named.length === 0) return [ownTracker()];
  const trackers = named.flatMap((url) => {
    try {
      return [parseTracker(url)];
    } catch {
      return [];
    }
  });
  if (trackers.length === 0)
    throw new TargetError('none of the trackers of the torrent is http, https or udp');
  return trackers;
}

async function torrentOf(name: string): Promise<Torrent> {
  try {
    return name.endsWith('.torrent') ? readTorrentFile(await readGiven(name)) : parseTorrent(name);
  } catch (cause) {
    if (!(cause instanceof TorrentError)) throw cause;
    throw new TargetError(`${name}: ${cause.message}`, { cause });
  }
}

async function readGiven(path: string): Promise<Buffer> {
  try {
    const bytes = await readFile(path);
    if (bytes.length > MAX_TORRENT_BYTES) throw new TargetError(`${path} is too large for a torrent`);
    return bytes;
  } catch (cause) {
    if (cause instanceof TargetError) throw cause;
    throw new TargetError(`${path} cannot be read: ${inOneLine(cause)}`, { cause });
  }
}
