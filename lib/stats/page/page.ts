import { createHash } from 'node:crypto';

import type { Requests, Served, Stats, StatsSwarm, Totals } from '../stats.js';
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
export function page(stats: Stats): string {
  const { announceUrls, totals, served, largestSwarms, isStoreReachable } = stats;
  const main = [
    isStoreReachable
      ? ''
      : '<section class="warning" role="status">The store is out of reach: announces fail until it is back.</section>',
    announceSection(announceUrls),
    totalsSection(totals, served),
    served === null ? '' : servedSection(served) + daySection(served),
    largestSwarms === null || largestSwarms.length === 0 ? '' : swarmsSection(largestSwarms),
  ];
  return `<!doctype html>
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
<header>${ICON}<div><h1>BitTorrent tracker</h1><p>${stateText(stats)}</p></div></header>
<main>${main.join('')}</main>
${footer(stats)}
<script>${SCRIPT}</script>
</body>
</html>
`;
}

function stateText({ served, isStoreReachable }: Stats): string {
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
  const tiles: [string, number | undefined][] = [
    ['Torrents', totals?.torrents],
    ['Peers', totals?.peers],
    ['Seeders', totals?.seeders],
    ['Leechers', totals?.leechers],
    ...(served === null ? [] : ([['Completed', served.completed]] as [string, number][])),
  ];
  const age = totals === null ? undefined : ageText(totals);
  const note =
    age === undefined
      ? 'Torrents and peers are counted by the first purge, which is still to come.'
      : `Torrents and peers as counted ${age}${served === null ? '' : '; completed since the start'}.`;
  const cells = tiles.map(
    ([name, count]) => `<div><dt>${name}</dt><dd>${count === undefined ? '–' : countText(count)}</dd></div>`,
  );
  return `<section><h2>Swarms</h2><dl class="tiles">${cells.join('')}</dl><p class="note">${note}</p></section>`;
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

function footer({ version, at }: Stats): string {
  const time = `${at.slice(0, 10)} ${at.slice(11, 19)} UTC`;
  return (
    `<footer><span>Version ${escapeHtml(version)}</span><time datetime="${escapeHtml(at)}">${escapeHtml(time)}</time>` +
    '<a href="stats.json">The same as JSON</a></footer>'
  );
}
