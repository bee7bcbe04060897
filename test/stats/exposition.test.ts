import { expect } from 'chai';

import { exposition, formatFor, OPEN_METRICS, PROMETHEUS_TEXT } from '../../lib/stats/exposition.js';
import { Histogram } from '../../lib/stats/histogram.js';
import type { MetricFamily } from '../../lib/stats/metric-family.js';

const requests: MetricFamily = {
  type: 'counter',
  name: 'requests',
  help: 'Asked "so" often,\nback\\slash.',
  samples: [
    { labels: { path: 'a"b\\c\nd' }, value: 3 },
    { labels: {}, value: 0.5 },
  ],
};

function durations(): MetricFamily {
  const histogram = new Histogram([0.5, 1]);
  for (const value of [0.25, 1, 4]) histogram.observe(value);
  const histograms = [{ labels: { front: 'udp' }, histogram }];
  return { type: 'histogram', name: 'took_seconds', help: 'Took.', unit: 'seconds', histograms };
}

describe('the exposition of metrics', () => {
  it('is Prometheus text 0.0.4', () => {
    expect([...exposition([requests, durations()], PROMETHEUS_TEXT)].join('')).to.equal(
      [
        '# HELP requests_total Asked "so" often,\\nback\\\\slash.',
        '# TYPE requests_total counter',
        'requests_total{path="a\\"b\\\\c\\nd"} 3',
        'requests_total 0.5',
        '# HELP took_seconds Took.',
        '# TYPE took_seconds histogram',
        'took_seconds_bucket{front="udp",le="0.5"} 1',
        'took_seconds_bucket{front="udp",le="1.0"} 2',
        'took_seconds_bucket{front="udp",le="+Inf"} 3',
        'took_seconds_sum{front="udp"} 5.25',
        'took_seconds_count{front="udp"} 3',
        '',
      ].join('\n'),
    );
  });

  it('is OpenMetrics with the same numbers, a unit and an end', () => {
    const text = [...exposition([requests, durations()], OPEN_METRICS)].join('');
    expect(text).to.include('# HELP requests Asked \\"so\\" often,');
    expect(text).to.include('# TYPE requests counter\nrequests_total{');
    expect(text).to.include('# TYPE took_seconds histogram\n# UNIT took_seconds seconds\n');
    expect(text).to.match(/\n# EOF\n$/);
    const samples = (whole: string): string[] => whole.split('\n').filter((line) => !line.startsWith('#'));
    expect(samples(text)).to.deep.equal(
      samples([...exposition([requests, durations()], PROMETHEUS_TEXT)].join('')),
    );
  });

  it('writes what is no finite number as both formats want it', () => {
    const family: MetricFamily = {
      type: 'gauge',
      name: 'odd',
      help: 'Odd.',
      samples: [Infinity, -Infinity, NaN].map((value) => ({ labels: {}, value })),
    };
    const text = [...exposition([family], PROMETHEUS_TEXT)].join('');
    expect(text.split('\n').slice(2)).to.deep.equal(['odd +Inf', 'odd -Inf', 'odd NaN', '']);
  });

  it('is OpenMetrics only for who asks for it', () => {
    const prometheus = 'application/openmetrics-text;version=1.0.0,text/plain;version=0.0.4;q=0.5,*/*;q=0.1';
    expect(formatFor(prometheus)).to.equal(OPEN_METRICS);
    for (const accept of [undefined, '', '*/*', 'text/html', 'application/openmetrics-text; q=0']) {
      expect(formatFor(accept), accept).to.equal(PROMETHEUS_TEXT);
    }
  });
});
