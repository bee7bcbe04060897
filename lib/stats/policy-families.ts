import type { PolicyFigures } from '../policy/policies.js';
import { single, type MetricFamily, type Sample } from './metric-family.js';

/** What the policies of a process know, and whether that is the present state of the store. */
export function policyFamilies(figures: PolicyFigures | undefined): MetricFamily[] {
  if (figures === undefined) return [];
  const entries: Sample[] = [];
  const knownAt: Sample[] = [];
  const areReadable: Sample[] = [];
  for (const [list, state] of [
    ['torrents', figures.list],
    ['clients', figures.clients],
  ] as const) {
    if (state === undefined) continue;
    const labels = { list };
    areReadable.push({ labels, value: state.problem === undefined ? 1 : 0 });
    if (state.entries !== undefined) entries.push({ labels, value: state.entries });
    if (state.knownAt !== undefined) knownAt.push({ labels, value: state.knownAt / 1000 });
  }
  const { keys } = figures;
  if (keys !== undefined) {
    areReadable.push({ labels: { list: 'keys' }, value: keys.problem === undefined ? 1 : 0 });
  }
  return [
    gauge(
      'bittorrent_tracker_list_readable',
      'Whether a list could be read when that was last tried.',
      areReadable,
    ),
    gauge('bittorrent_tracker_list_entries', 'Entries of a list, as far as this process knows.', entries),
    {
      ...gauge(
        'bittorrent_tracker_list_known_timestamp_seconds',
        'When the list that is in use was the present one, since the epoch.',
        knownAt,
      ),
      unit: 'seconds',
    },
    ...(keys === undefined
      ? []
      : [
          gauge(
            'bittorrent_tracker_keys_cached',
            'Keys of which the store has said that they are there, or not.',
            [
              { labels: { state: 'known' }, value: keys.known },
              { labels: { state: 'unknown' }, value: keys.unknown },
            ],
          ),
          single(
            'gauge',
            'bittorrent_tracker_keys_unwritten',
            'Keys whose use is not written to the store yet.',
            keys.unwritten,
          ),
        ]),
  ].filter((family) => family.type === 'histogram' || family.samples.length > 0);
}

function gauge(name: string, help: string, samples: readonly Sample[]): MetricFamily {
  return { type: 'gauge', name, help, samples };
}

/** @param refused requests of addresses that were faster than ADDRESS_RATE */
export function rateFamilies(refused: number | undefined): MetricFamily[] {
  if (refused === undefined) return [];
  return [
    single(
      'counter',
      'bittorrent_tracker_address_refusals',
      'Requests of addresses that were faster than ADDRESS_RATE, by HTTP and UDP.',
      refused,
    ),
  ];
}
