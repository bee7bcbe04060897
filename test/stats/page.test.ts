import { expect } from 'chai';

import { countText, escapeHtml, spanText } from '../../lib/stats/page/html.js';
import { curve } from '../../lib/stats/page/curve.js';
import { page, PAGE_POLICY } from '../../lib/stats/page/page.js';
import { exampleStats } from './example-stats.js';

/** Visible text, one space between pieces. */
function textOf(html: string): string {
  return html
    .replace(/<(style|script)>[^]*?<\/\1>/g, '')
    .replace(/<[^>]+>/g, ' ')
    .replace(/\s+/g, ' ');
}

describe('the page', () => {
  it('shows every figure of the stats', () => {
    const html = page(exampleStats);
    const text = textOf(html);
    expect(html).to.include('value="https://tracker.example/announce"');
    for (const piece of [
      'Torrents 12,345',
      'Peers 482,113',
      'Seeders 301,877',
      'Leechers 180,236',
      'Completed 1,204,577',
      'counted 12 minutes ago ; completed then and since.',
      'Last minute 298 12',
      'Last hour 17,880 844',
      'Since the start 4,219,345 88,123',
      '0123456789abcdef0123456789abcdef01234567 4,001',
      'Datagrams 9,120,344 Connects 2,002,111 Rejected 1,234 Not sent 7 Lost 12',
      'Version 0.1.0',
      'Answering announces for 10 days',
    ]) {
      expect(text).to.include(piece);
    }
  });

  it('says what it does not know, and that the store is out of reach', () => {
    const { served } = exampleStats;
    const unknown = { ...exampleStats, totals: null, largestSwarms: null, isStoreReachable: false };
    const text = textOf(page({ ...unknown, served }));
    expect(text).to.include('Torrents – Peers –').and.include('first purge, which is still to come');
    expect(text).to.include('The store is out of reach').and.not.include('Largest swarms');
    expect(text).to.include('Completed 20,931').and.include('completed since the start.');
    expect(textOf(page({ ...unknown, served: null })))
      .to.include('Completed –')
      .and.not.include('Last minute');
  });

  it('shows what was completed since the start where a purge of an older version did not count it', () => {
    const { totals, served } = exampleStats;
    const old = { ...totals, completed: null };
    const text = textOf(page({ ...exampleStats, totals: old, served }));
    expect(text).to.include('Completed 20,931').and.include('; completed since the start.');
  });

  it('shows the runs of a front, which knows of no torrents', () => {
    const { version, at, isStoreReachable, served, announceUrls } = exampleStats;
    const runs = { runs: 1200, failedRuns: 3, batched: 88_000, tooMany: 5, openRuns: 1, waiting: 17 };
    const seen = {
      version,
      at,
      isStoreReachable,
      served,
      announceUrls,
      runs,
      udp: null,
      largestSwarms: null,
    };
    const text = textOf(page(seen));
    expect(text).to.include('Runs 1,200 Failed 3 Requests 88,000 Turned away 5 Waiting 17');
    expect(text).to.not.include('Torrents');
  });

  it('has nothing of a request in it but as text', () => {
    const html = page({ ...exampleStats, announceUrls: [`http://"><script>alert('&')</script>/announce`] });
    expect(html).to.include(
      'value="http://&quot;&gt;&lt;script&gt;alert(&#39;&amp;&#39;)&lt;/script&gt;/announce"',
    );
    expect(html.match(/<script>/g)).to.have.length(1);
  });

  it('asks nobody else for anything', () => {
    const html = page(exampleStats);
    const addresses = [...html.matchAll(/(?:src|href|url)\s*[=(]\s*["']?([^"')\s>]+)/g)].map(
      ([, url]) => url,
    );
    expect(addresses.sort()).to.deep.equal(['favicon.svg', 'stats.json']);
    expect(html).to.not.match(/ style=| on\w+=/);
    expect(PAGE_POLICY).to.match(/^default-src 'none'; style-src 'sha256-[\w+/=]+'; script-src 'sha256-/);
  });

  it('has a curve as high as its highest slot', () => {
    const svg = curve([0, 50, 100], 'label');
    expect(svg).to.include('<path class="line" d="M0 160V160H320V82H640V4H960"/>');
    // One announce does not fill it.
    expect(curve([1], 'label')).to.include('<path class="line" d="M0 144.4V144.4H960"/>');
  });

  it('writes counts, spans and text as people and HTML want them', () => {
    expect([0, 999, 1000, 1234567].map(countText)).to.deep.equal(['0', '999', '1,000', '1,234,567']);
    const spans = [0, 1, 59, 60, 7300, 86_400, 200_000].map(spanText);
    expect(spans).to.deep.equal([
      '0 seconds',
      '1 second',
      '59 seconds',
      '1 minute',
      '2 hours',
      '1 day',
      '2 days',
    ]);
    expect(escapeHtml(`a<b>&"'`)).to.equal('a&lt;b&gt;&amp;&quot;&#39;');
  });
});
