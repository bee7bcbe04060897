import { expect } from 'chai';

import { parseArguments, USAGE } from '../../bench/arguments.js';
import { GOALS, judge, QUICK_FLOORS } from '../../bench/goals.js';
import { SUBJECT_NAMES } from '../../bench/profile/subject-names.js';
import { markdownOf } from '../../bench/report/markdown.js';
import { svgOf } from '../../bench/report/svg.js';
import { tableOf } from '../../bench/report/table.js';
import { mergeResults } from '../../bench/report/write.js';
import type { Curve, Line, RowResult } from '../../bench/results.js';
import { isRowName } from '../../bench/row-names.js';

const line: Line = {
  id: 'http/bare Node',
  what: 'announces',
  unit: '1/s',
  ours: { median: 700, min: 600, max: 800 },
  theirs: { name: 'bare', figure: { median: 1000, min: 900, max: 1100 } },
  ratio: { median: 0.7, min: 0.6, max: 0.72 },
  rounds: 5,
};

function result(row: RowResult['row'], commit: string, lines: readonly Line[] = []): RowResult {
  return {
    row,
    commit,
    date: '2026-01-02T03:04:05.000Z',
    machine: 'a machine',
    seconds: 1,
    lines,
    notes: ['a note'],
  };
}

const curve: Curve = {
  id: 'growth',
  title: 'Time & bytes <of> an announce',
  xLabel: 'peers',
  yLabel: 'microseconds',
  series: [
    {
      name: 'memory',
      points: [
        [1, 10],
        [1_000_000, 14],
      ],
    },
    {
      name: '"LMDB"',
      points: [
        [1, 900],
        [1_000_000, 1200],
      ],
    },
  ],
};

describe('The report of the measurements', () => {
  it('has goals and floors that are each one bound, for a line of some row', () => {
    for (const goal of [...GOALS, ...QUICK_FLOORS]) {
      expect(isRowName(goal.line.split('/')[0] ?? ''), goal.line).to.equal(true);
      expect(
        [goal.atLeast, goal.atMost].filter((bound) => bound !== undefined),
        goal.line,
      ).to.have.length(1);
    }
    for (const goals of [GOALS, QUICK_FLOORS]) {
      expect(new Set(goals.map((goal) => goal.line)).size).to.equal(goals.length);
    }
  });

  it('has a goal for every row that is to reach something', () => {
    const rows = new Set(GOALS.map((goal) => goal.line.split('/')[0]));
    expect([...rows].sort()).to.deep.equal(
      [
        'beside',
        'connections',
        'flood',
        'front',
        'growth',
        'headline',
        'http',
        'lists',
        'operations',
        'purge',
        'runtime',
        'udp',
      ].sort(),
    );
  });

  it('judges goals by the middle of the rounds, floors by the best', () => {
    const goal = { line: 'http/bare Node', of: 'ratio', atLeast: 0.71 } as const;
    expect(judge([line], [goal], 'median').map(({ holds }) => holds)).to.deep.equal([false]);
    expect(judge([line], [goal], 'best').map(({ holds }) => holds)).to.deep.equal([true]);
    const ceiling = { line: 'http/bare Node', of: 'ours', atMost: 650 } as const;
    expect(judge([line], [ceiling], 'median').map(({ holds }) => holds)).to.deep.equal([false]);
    expect(judge([line], [ceiling], 'best').map(({ holds }) => holds)).to.deep.equal([true]);
  });

  it('says plainly which goals are held', () => {
    const markdown = markdownOf([result('http', 'abc', [line])]);
    expect(markdown).to.include('1 of 1 goals are held');
    expect(markdown).to.match(/\| http \| announces \| 700 1\/s \| 1,000 \(bare\) \| 0\.700 \| .*held \|/);
    const slower = { ...line, ratio: { median: 0.5, min: 0.5, max: 0.5 } };
    expect(markdownOf([result('http', 'abc', [slower])])).to.include('missed: http/bare Node');
  });

  it('gives no spread to what was measured once, and says so', () => {
    const markdown = markdownOf([result('headline', 'abc', [{ ...line, rounds: 1 }])]);
    expect(markdown).to.include('| 700 1/s | 1,000 (bare) | 0.700 |  | ratio at least 0.65 |');
    expect(markdown).to.include('A row without a spread was measured once.');
    const [, once, twice] = tableOf(
      [result('headline', 'abc', [{ ...line, rounds: 1 }, line])],
      GOALS,
      'median',
    );
    expect(once?.[5]).to.equal('');
    expect(twice?.[5]).to.equal('0.600 to 0.720');
  });

  it('replaces the rows that were measured and keeps the others with their own date and commit', () => {
    const merged = mergeResults(
      [result('http', 'old'), result('purge', 'old')],
      [result('http', 'new'), result('operations', 'new')],
    );
    expect(merged.map(({ row, commit }) => [row, commit])).to.deep.equal([
      ['http', 'new'],
      ['operations', 'new'],
      ['purge', 'old'],
    ]);
  });

  it('draws curves as well-formed SVG with labelled axes', () => {
    const svg = svgOf(curve);
    expect(svg).to.include('Time &amp; bytes &lt;of&gt; an announce');
    for (const text of ['peers', 'microseconds', '1M', '10k', 'memory'])
      expect(svg).to.include(`>${text}</text>`);
    expect(openElements(svg)).to.deep.equal([]);
    expect(svg).to.not.match(/NaN|undefined|Infinity/);
  });

  it('refuses a value that a logarithmic axis does not have', () => {
    expect(() => svgOf({ ...curve, series: [{ name: 'zero', points: [[0, 1]] }] })).to.throw(RangeError);
  });

  it('takes rows, a short form and profiles, and nothing else', () => {
    expect(parseArguments([])).to.deep.include({ quick: false, rounds: 5 });
    expect(parseArguments(['growth', '--rounds', '7'])).to.deep.include({ rows: ['growth'], rounds: 7 });
    expect(parseArguments(['--quick'])).to.deep.include({
      rows: ['http', 'operations', 'growth'],
      rounds: 3,
    });
    expect(parseArguments(['profile', 'http'])).to.deep.equal({ profile: 'http' });
    for (const wrong of [
      ['nothing'],
      ['--no'],
      ['profile'],
      ['profile', 'nothing'],
      ['http', '--rounds', '0'],
    ]) {
      expect(parseArguments(wrong), wrong.join(' ')).to.equal(undefined);
    }
  });

  it('tells every profile that there is', () => {
    for (const name of SUBJECT_NAMES)
      expect(parseArguments(['profile', name])).to.deep.equal({ profile: name });
    expect(USAGE).to.include(`SUBJECT: ${SUBJECT_NAMES.join(', ')}\n`);
  });
});

/** Elements that are not closed in their order; text that is not escaped ends the walk early. */
function openElements(xml: string): string[] {
  const open: string[] = [];
  for (const [, closing, name = '', selfClosing] of xml.matchAll(/<(\/?)([a-z]+)[^<>]*?(\/?)>/gi)) {
    if (closing === '/') {
      if (open.at(-1) !== name) return [...open, `/${name}`];
      open.pop();
    } else if (selfClosing !== '/') {
      open.push(name);
    }
  }
  return open;
}
