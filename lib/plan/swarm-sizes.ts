/**
 * How many peers the swarms of a site have.
 *
 * A power law by rank: György Dán and Niklas Carlsson, "Power-law Revisited: A Large Scale
 * Measurement Study of P2P Content Popularity", 2010, found one for swarms at one moment in 500 to
 * 800 trackers with 40 to 60 million peers, with a tail that falls off more quickly. The mean is of
 * "Top BitTorrent Trackers Serve 30 Million Peers Across 4.5 Million Torrents", TorrentFreak, 6 July
 * 2013: 29,414,471 peers in 4,508,514 swarms. The exponent is an assumption: with 1 the largest
 * swarm of such a site would have 1.8 million peers, with 0.82 it has 384,000.
 */
export const MEAN_SWARM_PEERS = 29_414_471 / 4_508_514;
export const EXPONENT = 0.82;

/**
 * @param peers of all swarms together
 * @returns the sizes, the largest first; the i-th is the largest divided by i ^ exponent, none is
 *   empty, and together they have `peers` but for what rounding leaves
 * @throws RangeError if there are fewer peers than swarms
 */
export function swarmSizes(peers: number, swarms: number, exponent: number): Uint32Array {
  if (swarms < 1 || peers < swarms) throw new RangeError(`${peers} peers for ${swarms} swarms`);
  const weights = Float64Array.from({ length: swarms }, (_, i) => (i + 1) ** -exponent);
  const sizeAt = (largest: number, i: number): number => Math.max(1, Math.floor(largest * (weights[i] ?? 0)));
  const total = (largest: number): number => {
    let sum = 0;
    for (let i = 0; i < swarms; i++) sum += sizeAt(largest, i);
    return sum;
  };
  let low = 1;
  let high = peers + 1;
  while (high - low > 1) {
    const middle = Math.floor((low + high) / 2);
    if (total(middle) <= peers) low = middle;
    else high = middle;
  }
  return Uint32Array.from({ length: swarms }, (_, i) => sizeAt(low, i));
}

/** The swarms of a site with the mean size that was measured. */
export function siteSizes(peers: number): Uint32Array {
  return swarmSizes(peers, Math.max(1, Math.round(peers / MEAN_SWARM_PEERS)), EXPONENT);
}

/** So many swarms of one size. */
export interface SizeClass {
  readonly peers: number;
  readonly swarms: number;
}

/**
 * The swarms of a site in some thousand classes, the largest first: quick for any number of peers.
 * Ranks that are within a hundredth of each other are one class.
 */
export function sizeClasses(peers: number): SizeClass[] {
  const swarms = Math.max(1, Math.round(peers / MEAN_SWARM_PEERS));
  const ranks: { rank: number; swarms: number }[] = [];
  for (let rank = 1; rank <= swarms;) {
    const next = Math.min(swarms + 1, Math.max(rank + 1, Math.floor(rank * 1.01)));
    ranks.push({ rank: (rank + next - 1) / 2, swarms: next - rank });
    rank = next;
  }
  const sizeAt = (largest: number, rank: number): number => Math.max(1, largest * rank ** -EXPONENT);
  let low = 1;
  let high = peers + 1;
  for (let step = 0; step < 60; step++) {
    const middle = (low + high) / 2;
    const total = ranks.reduce((sum, { rank, swarms: n }) => sum + n * sizeAt(middle, rank), 0);
    if (total <= peers) low = middle;
    else high = middle;
  }
  return ranks.map(({ rank, swarms: n }) => ({ peers: sizeAt(low, rank), swarms: n }));
}
