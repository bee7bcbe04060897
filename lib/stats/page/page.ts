import { createHash } from 'node:crypto';

import type { BatchFigures } from '../front-figures.js';
import type { Figures, Requests, Served, Stats, StatsSwarm, Totals, UdpShown } from '../stats.js';
import { curve } from './curve.js';
import { countText, escapeHtml, spanText } from './html.js';
import { ICON, SCRIPT, STYLE } from './style.js';

/** Nothing but the page's own style, script and icon is loaded or run, and nobody frames it. */
export const PAGE_POLICY = [
  "default-src 'none'",
  `style-src '${hashOf(STYLE)}'`,
  `script-src '${hashOf(SCRIPT)}'`,
  "img-src 'self'",
  "base-uri 'none'",
  "form-action 'none'",
  "frame-ancestors 'none'",
].join('; ');

function hashOf(text: string): string {
  return `sha256-${createHash('sha256').update(text).digest('base64')}`;
}

/** What somebody sees who opens the tracker in a browser. Works without its script. */
export function page({ announceUrls, ...figures }: Stats): string {
  return pageAround(figures)(announceUrls);
}

/** All of a page but the announce URLs, which are those of who asks. @returns puts them into it */
export function pageAround(figures: Figures): (announceUrls: readonly string[]) => string {
  const { totals, served, udp, runs, largestSwarms, isStoreReachable } = figures;
  const before = `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>BitTorrent tracker</title>
<meta name="description" content="A BitTorrent tracker: its announce URL, and what it serves.">
<link rel="icon" href="favicon.svg" type="image/svg+xml">
<style>${STYLE}</style>
</head>
<body>
<header>${ICON}<div><h1>BitTorrent tracker</h1><p>${stateText(figures)}</p></div></header>
<main>${isStoreReachable ? '' : WARNING}`;
  const after = `${[
    totals === undefined ? '' : totalsSection(totals, served),
    served === null ? '' : servedSection(served) + daySection(served),
    udp === null ? '' : udpSection(udp),
    runs === null ? '' : runsSection(runs),
    largestSwarms === null || largestSwarms.length === 0 ? '' : swarmsSection(largestSwarms),
  ].join('')}</main>
${footer(figures)}
<script>${SCRIPT}</script>
</body>
</html>
`;
  return (announceUrls) => `${before}${announceSection(announceUrls)}${after}`;
}

const WARNING =
  '<section class="warning" role="status">The store is out of reach: announces fail until it is back.</section>';

function stateText({ served, isStoreReachable }: Figures): string {
  if (!isStoreReachable) return 'Not answering announces';
  return served === null
    ? 'Answering announces'
    : `Answering announces for ${spanText(served.uptimeSeconds)}`;
}

function announceSection(urls: readonly string[]): string {
  const fields = urls.map(
    (url) =>
      `<div class="url"><input readonly aria-label="Announce URL" value="${escapeHtml(url)}">` +
      '<button type="button" data-copy hidden>Copy</button></div>',
  );
  return `<section><h2>${urls.length === 1 ? 'Announce URL' : 'Announce URLs'} <small>for your torrents</small></h2>${fields.join('')}</section>`;
}

function totalsSection(totals: Totals | null, served: Served | null): string {
  const isCompletedStored = typeof totals?.completed === 'number';
  const tiles: [string, number | undefined][] = [
    ['Torrents', totals?.torrents],
    ['Peers', totals?.peers],
    ['Seeders', totals?.seeders],
    ['Leechers', totals?.leechers],
    ['Completed', totals?.completed ?? served?.completed],
  ];
  const counted =
    totals === null
      ? 'Torrents and peers are counted by the first purge, which is still to come'
      : `Torrents and peers as counted ${ageText(totals)}`;
  const completed =
    served === null ? '' : `; completed ${isCompletedStored ? 'then and since' : 'since the start'}`;
  const note = `${counted}${completed}.`;
  return `<section><h2>Swarms</h2>${tilesOf(tiles)}<p class="note">${note}</p></section>`;
}

function tilesOf(tiles: readonly (readonly [name: string, count: number | undefined])[]): string {
  const cells = tiles.map(
    ([name, count]) => `<div><dt>${name}</dt><dd>${count === undefined ? '–' : countText(count)}</dd></div>`,
  );
  return `<dl class="tiles">${cells.join('')}</dl>`;
}

/** Rejected are those of whom the tracker was not asked; lost, those that it never saw. */
function udpSection({
  received,
  connects,
  wrongIds,
  malformed,
  tooFast,
  tooMany,
  unsent,
  overflowed,
}: UdpShown): string {
  const tiles = tilesOf([
    ['Datagrams', received],
    ['Connects', connects],
    ['Rejected', wrongIds + malformed + tooFast + tooMany],
    ['Not sent', unsent],
    ['Lost', overflowed ?? undefined],
  ]);
  return `<section><h2>UDP <small>since the start</small></h2>${tiles}</section>`;
}

function runsSection({ runs, failedRuns, batched, tooMany, waiting }: BatchFigures): string {
  const tiles = tilesOf([
    ['Runs', runs],
    ['Failed', failedRuns],
    ['Requests', batched],
    ['Turned away', tooMany],
    ['Waiting', waiting],
  ]);
  return `<section><h2>OpenWhisk <small>since the start</small></h2>${tiles}</section>`;
}

function ageText({ ageSeconds, countedAt }: Totals): string {
  const age = ageSeconds < 5 ? 'just now' : `${spanText(ageSeconds)} ago`;
  return `<time datetime="${escapeHtml(countedAt)}">${age}</time>`;
}

function servedSection({ lastMinute, lastHour, sinceStart }: Served): string {
  const row = (span: string, { announces, scrapes }: Requests): string =>
    `<tr><th scope="row">${span}</th><td class="number">${countText(announces)}</td>` +
    `<td class="number">${countText(scrapes)}</td></tr>`;
  return (
    '<section><h2>Served</h2><table><thead><tr><th scope="col">Time</th>' +
    '<th scope="col" class="number">Announces</th><th scope="col" class="number">Scrapes</th></tr></thead><tbody>' +
    row('Last minute', lastMinute) +
    row('Last hour', lastHour) +
    row('Since the start', sinceStart) +
    '</tbody></table></section>'
  );
}

function daySection({ day: { announces, slotSeconds }, uptimeSeconds }: Served): string {
  const peak = Math.max(0, ...announces);
  const sum = announces.reduce((total, count) => total + count, 0);
  const slot = spanText(slotSeconds);
  const hours = (announces.length * slotSeconds) / 3600;
  const label = `Announces of the last ${hours} hours: ${countText(sum)}, at most ${countText(peak)} in ${slot}`;
  const axis = [1, 0.75, 0.5, 0.25].map((share) => `<span>${share * hours} h ago</span>`).join('');
  const young = uptimeSeconds < hours * 3600 ? `, from the start ${spanText(uptimeSeconds)} ago` : '';
  return (
    `<section class="chart"><h2>Announces <small>in each ${slot}${young}; most: ${countText(peak)}</small></h2>` +
    `${curve(announces, label)}<div class="axis" aria-hidden="true">${axis}<span>now</span></div></section>`
  );
}

function swarmsSection(swarms: readonly StatsSwarm[]): string {
  const rows = swarms.map(
    ({ infohash, peers }) =>
      `<tr><td><code>${escapeHtml(infohash)}</code></td><td class="number">${countText(peers)}</td></tr>`,
  );
  return (
    '<section><h2>Largest swarms</h2><table><thead><tr><th scope="col">Infohash</th>' +
    `<th scope="col" class="number">Peers</th></tr></thead><tbody>${rows.join('')}</tbody></table></section>`
  );
}

function footer({ version, at }: Figures): string {
  const time = `${at.slice(0, 10)} ${at.slice(11, 19)} UTC`;
  return (
    `<footer><span>Version ${escapeHtml(version)}</span><time datetime="${escapeHtml(at)}">${escapeHtml(time)}</time>` +
    '<a href="stats.json">The same as JSON</a></footer>'
  );
}
