import type { Spread } from '../spread.js';

/** Three or four digits that matter, thousands with commas. */
export function formatNumber(value: number): string {
  if (value === 0) return '0';
  const magnitude = Math.abs(value);
  if (magnitude >= 1000) return Math.round(value).toLocaleString('en-US');
  const decimals = Math.max(0, 2 - Math.floor(Math.log10(magnitude)));
  return value.toFixed(Math.min(decimals, 4));
}

/** e.g. `4.10 to 4.52`. */
export function formatRange({ min, max }: Spread): string {
  return `${formatNumber(min)} to ${formatNumber(max)}`;
}
