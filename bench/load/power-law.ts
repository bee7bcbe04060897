/**
 * Sizes of swarms by a power law (Zipf): the i-th largest has about 1/i of the peers of the
 * largest, none is empty.
 * @returns sizes in descending order, which are `peers` together
 * @throws RangeError if there are fewer peers than swarms
 */
export function powerLawSizes(swarms: number, peers: number): Uint32Array {
  if (peers < swarms || swarms < 1) throw new RangeError(`${peers} peers for ${swarms} swarms`);
  const sizesFor = (largest: number): Uint32Array =>
    Uint32Array.from({ length: swarms }, (_, i) => Math.max(1, Math.floor(largest / (i + 1))));
  let low = 1;
  let high = peers + 1;
  while (high - low > 1) {
    const middle = Math.floor((low + high) / 2);
    if (sum(sizesFor(middle)) <= peers) low = middle;
    else high = middle;
  }
  const sizes = sizesFor(low);
  // What rounding down has left goes to the largest, one each.
  const left = peers - sum(sizes);
  for (let i = 0; i < left; i++) sizes[i % swarms] = (sizes[i % swarms] ?? 0) + 1;
  return sizes.sort((a, b) => b - a);
}

function sum(sizes: Uint32Array): number {
  let total = 0;
  for (const size of sizes) total += size;
  return total;
}
