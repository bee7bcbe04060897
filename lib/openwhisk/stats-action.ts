/**
 * The page of a tracker on OpenWhisk, and the same as JSON: from the report of the last purge, as no
 * one process knows what all of them serve. It is for the gateway, which keeps each reply for a few
 * seconds, so that a flood of pages is no flood of runs.
 */
import { ClientError } from '../bittorrent/errors.js';
import { pathOf } from '../http/request-target.js';
import { LatestReport } from '../stats/latest-report.js';
import { announceUrlsAt, publicUrlOf } from '../stats/public-url.js';
import type { SiteReply } from '../stats/site-reply.js';
import { StatsSite } from '../stats/site.js';
import type { Figures } from '../stats/stats.js';
import { largestOf, totalsOf } from '../stats/totals.js';
import type { TrackerComponents } from '../tracker/components.js';
import { VERSION } from '../version.js';
import { headerOf, type WebAction, type WebActionResult } from './web-action.js';

/** What the reply is, in a header: its content type is the binary one that brings it through. */
export const TYPE_HEADER = 'X-Tracker-Type';

/** How long the gateway and browsers may keep the page and the JSON. */
const KEPT_SECONDS = 10;

/** The action with given components; rejects with a ClientError for what the gateway never asks. */
export function statsAction({ config, store, clock }: TrackerComponents): WebAction {
  const latest = new LatestReport(store);
  const site = new StatsSite({
    figures: async () => figuresOf(await latest.get()),
    announceUrls: (url) => announceUrlsAt(url, config.udpPort === 0 ? undefined : config.udpPort),
    keptSeconds: KEPT_SECONDS,
  });

  function figuresOf(report: Awaited<ReturnType<LatestReport['get']>>): Figures {
    const now = clock.now();
    return {
      version: VERSION,
      at: new Date(now).toISOString(),
      isStoreReachable: latest.isReachable,
      totals: report === undefined ? null : totalsOf(report, now, 0),
      served: null,
      udp: null,
      runs: null,
      largestSwarms: largestOf(report, config.statsSwarms),
    };
  }

  return async (params) => {
    const header = (name: string): string | undefined => headerOf(params, name);
    const url = publicUrlOf(config.publicUrl, { header, isFromTrustedProxy: true });
    const reply = await site.reply(pathOf(header('x-original-uri') ?? ''), url);
    if (reply === undefined) throw new ClientError('there is no such page');
    return resultOf(reply);
  };
}

function resultOf({ status, headers, body }: SiteReply): WebActionResult {
  const { 'Content-Type': type = '', ...others } = headers;
  return {
    statusCode: status,
    headers: { ...others, [TYPE_HEADER]: type, 'Content-Type': 'application/octet-stream' },
    body: body.toString('base64'),
  };
}
