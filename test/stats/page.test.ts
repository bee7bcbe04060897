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
      'Completed 20,931',
      'counted 12 minutes ago',
      'Last minute 298 12',
      'Last hour 17,880 844',
      'Since the start 4,219,345 88,123',
      '0123456789abcdef0123456789abcdef01234567 4,001',
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
    expect(textOf(page({ ...unknown, served: null }))).to.not.include('Last minute');
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
