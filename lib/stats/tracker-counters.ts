import type { AnnounceEvent, AnnounceRequest, Front } from '../bittorrent/announce.js';
import type { ScrapeRequest } from '../bittorrent/scrape.js';
import type { Metrics, Outcome } from '../tracker/metrics.js';
import { DURATION_BOUNDS, Histogram } from './histogram.js';
import { single, type MetricFamily, type Sample } from './metric-family.js';

const FRONTS: readonly Front[] = ['http', 'udp'];
const FAMILIES = ['ipv4', 'ipv6'] as const;
const EVENTS: readonly AnnounceEvent[] = ['none', 'started', 'stopped', 'completed', 'paused'];
const OUTCOMES: readonly Outcome[] = ['answered', 'refused', 'busy', 'failed'];

/** Rules that are counted by name; there are far fewer, and a rule's name is never a client's. */
const MAX_RULES = 256;

/** What was served, and what was not, since the process started. */
export interface ServedCounts {
  /** Answered ones, by front. */
  readonly httpAnnounces: number;
  readonly udpAnnounces: number;
  readonly httpScrapes: number;
  readonly udpScrapes: number;
  /** By a rule, or as they could not be read. */
  readonly refused: number;
  /** Told to come again, or failed for another reason. */
  readonly failed: number;
}

/**
 * Everything that a tracker is asked, counted in fields of its own: an announce costs two looks at
 * the clock, an addition and a step or two through a histogram.
 */
export class TrackerCounters implements Metrics {
  private readonly announces = new Float64Array(
    FRONTS.length * FAMILIES.length * EVENTS.length * OUTCOMES.length,
  );
  private readonly scrapes = new Float64Array(FRONTS.length * FAMILIES.length * OUTCOMES.length);
  private readonly announceSeconds = FRONTS.map(() => new Histogram(DURATION_BOUNDS));
  private readonly scrapeSeconds = FRONTS.map(() => new Histogram(DURATION_BOUNDS));
  private readonly refusals = FRONTS.map(() => new Map<string, number>());
  /** All that ended, however. */
  announcesTotal = 0;
  scrapesTotal = 0;
  downloadsTotal = 0;

  /** @param now milliseconds of a clock that never goes back */
  constructor(readonly now: () => number = () => performance.now()) {}

  announced({ front, event, from }: AnnounceRequest, outcome: Outcome, milliseconds: number): void {
    const frontAt = front === 'http' ? 0 : 1;
    const family = from.length === 4 ? 0 : 1;
    const position = (frontAt * FAMILIES.length + family) * EVENTS.length + EVENTS.indexOf(event);
    add(this.announces, position * OUTCOMES.length + OUTCOMES.indexOf(outcome));
    this.announceSeconds[frontAt]?.observe(milliseconds / 1000);
    this.announcesTotal++;
  }

  scraped({ front, from }: ScrapeRequest, outcome: Outcome, milliseconds: number): void {
    const frontAt = front === 'http' ? 0 : 1;
    const position = frontAt * FAMILIES.length + (from.length === 4 ? 0 : 1);
    add(this.scrapes, position * OUTCOMES.length + OUTCOMES.indexOf(outcome));
    this.scrapeSeconds[frontAt]?.observe(milliseconds / 1000);
    this.scrapesTotal++;
  }

  refused(front: Front, rule: string): void {
    const rules = this.refusals[FRONTS.indexOf(front)];
    if (rules === undefined) return;
    const name = rules.has(rule) || rules.size < MAX_RULES ? rule : 'other';
    rules.set(name, (rules.get(name) ?? 0) + 1);
  }

  downloadCounted(): void {
    this.downloadsTotal++;
  }

  served(): ServedCounts {
    const [announces, scrapes] = [this.announceSamples(), this.scrapeSamples()];
    const answered = (samples: readonly Sample[], front: Front): number =>
      sum(samples.filter(({ labels }) => labels['front'] === front && labels['outcome'] === 'answered'));
    const ended = (...outcomes: readonly Outcome[]): number =>
      sum(
        [...announces, ...scrapes].filter(({ labels }) =>
          outcomes.some((each) => each === labels['outcome']),
        ),
      );
    const malformed = this.refusalSamples().filter(({ labels }) => labels['rule'] === 'malformed');
    return {
      httpAnnounces: answered(announces, 'http'),
      udpAnnounces: answered(announces, 'udp'),
      httpScrapes: answered(scrapes, 'http'),
      udpScrapes: answered(scrapes, 'udp'),
      refused: ended('refused') + sum(malformed),
      failed: ended('busy', 'failed'),
    };
  }

  families(): MetricFamily[] {
    return [
      {
        type: 'counter',
        name: 'bittorrent_tracker_announces',
        help: 'Announces that ended, by front, address family, event and outcome.',
        samples: this.announceSamples(),
      },
      {
        type: 'counter',
        name: 'bittorrent_tracker_scrapes',
        help: 'Scrapes that ended, by front, address family and outcome.',
        samples: this.scrapeSamples(),
      },
      {
        type: 'counter',
        name: 'bittorrent_tracker_refusals',
        help: 'Requests that were refused, by front and rule; malformed ones could not be read.',
        samples: this.refusalSamples(),
      },
      durations(
        'bittorrent_tracker_announce_duration_seconds',
        'How long announces took inside the tracker.',
        this.announceSeconds,
      ),
      durations(
        'bittorrent_tracker_scrape_duration_seconds',
        'How long scrapes took inside the tracker.',
        this.scrapeSeconds,
      ),
      single(
        'counter',
        'bittorrent_tracker_downloads',
        'Completed downloads that were added to a count.',
        this.downloadsTotal,
      ),
    ];
  }

  private announceSamples(): Sample[] {
    let at = 0;
    const samples: Sample[] = [];
    for (const front of FRONTS) {
      for (const family of FAMILIES) {
        for (const event of EVENTS) {
          for (const outcome of OUTCOMES) {
            samples.push({ labels: { front, family, event, outcome }, value: this.announces[at++] ?? 0 });
          }
        }
      }
    }
    return samples;
  }

  private scrapeSamples(): Sample[] {
    let at = 0;
    const samples: Sample[] = [];
    for (const front of FRONTS) {
      for (const family of FAMILIES) {
        for (const outcome of OUTCOMES) {
          samples.push({ labels: { front, family, outcome }, value: this.scrapes[at++] ?? 0 });
        }
      }
    }
    return samples;
  }

  private refusalSamples(): Sample[] {
    return FRONTS.flatMap((front, at) => {
      // There from the beginning, so that its rate is known from the first one on.
      const rules = new Map([['malformed', 0], ...(this.refusals[at] ?? [])]);
      return [...rules].map(([rule, value]) => ({ labels: { front, rule }, value }));
    });
  }
}

function sum(samples: readonly Sample[]): number {
  return samples.reduce((total, { value }) => total + value, 0);
}

function add(counts: Float64Array, at: number): void {
  counts[at] = (counts[at] ?? 0) + 1;
}

function durations(name: string, help: string, byFront: readonly Histogram[]): MetricFamily {
  const histograms = byFront.map((histogram, at) => ({ labels: { front: FRONTS[at] ?? '' }, histogram }));
  return { type: 'histogram', name, help, unit: 'seconds', histograms };
}
