/** What trackers answered, for people and for programs. */
import { printable, tableLines, type Column } from '../table.js';
import type { Outcome } from './outcome.js';

export type Paint = (format: 'bold' | 'green' | 'red' | 'yellow', text: string) => string;

const COLUMNS: readonly Column[] = [
  { title: 'TRACKER' },
  { title: 'INFOHASH' },
  { title: 'SEEDERS', isRight: true },
  { title: 'LEECHERS', isRight: true },
  { title: 'DOWNLOADS', isRight: true },
  { title: 'INTERVAL', isRight: true },
  { title: 'TIME', isRight: true },
  { title: '' },
];

/** A table, below it the peers of each announce, and what trackers said besides. */
export function textReport(outcomes: readonly Outcome[], paint: Paint): string {
  const [titles = '', ...rows] = tableLines(COLUMNS, outcomes.map(cellsOf));
  const painted = rows.map((row, i) => (outcomes[i]?.failure === undefined ? row : paint('red', row)));
  const lines = [
    paint('bold', titles),
    ...painted,
    ...outcomes.flatMap((outcome) => detailsOf(outcome, paint)),
  ];
  return `${lines.join('\n')}\n`;
}

function cellsOf(outcome: Outcome): string[] {
  const { tracker, infohash, announced, scraped, failure, ms } = outcome;
  return [
    printable(tracker),
    infohash,
    shown(scraped?.seeders ?? announced?.seeders),
    shown(scraped?.leechers ?? announced?.leechers),
    shown(scraped?.downloads ?? announced?.downloads),
    announced === undefined ? '-' : `${announced.interval} s`,
    `${Math.round(ms)} ms`,
    failure === undefined ? 'ok' : `${failure.kind}: ${printable(failure.message)}`,
  ];
}

function shown(count: number | undefined): string {
  return count === undefined ? '-' : String(count);
}

function detailsOf({ tracker, announced }: Outcome, paint: Paint): string[] {
  if (announced === undefined) return [];
  const { peers, warning, externalAddress } = announced;
  const notes = [
    ...(warning === undefined ? [] : [paint('yellow', `  warning: ${printable(warning)}`)]),
    ...(externalAddress === undefined ? [] : [`  it sees this machine as ${externalAddress}`]),
    ...peers.map((peer) => `  ${printable(peer)}`),
  ];
  return ['', `${printable(tracker)}: ${peers.length} ${peers.length === 1 ? 'peer' : 'peers'}`, ...notes];
}

/** A list, one entry a question. */
export function jsonReport(outcomes: readonly Outcome[]): string {
  const entries = outcomes.map(({ failure, ms, ...rest }) => ({
    ok: failure === undefined,
    ...rest,
    ms: Math.round(ms),
    ...(failure && { failure }),
  }));
  return `${JSON.stringify(entries, null, 2)}\n`;
}
