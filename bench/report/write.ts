/** Keeps results: bench/results.json, and RESULTS.md and the plots that are made from it. */
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { benchDirectory } from '../paths.js';
import type { RowResult } from '../results.js';
import { ROW_NAMES } from '../row-names.js';
import { markdownOf } from './markdown.js';
import { svgOf } from './svg.js';

const resultsFile = join(benchDirectory, 'results.json');

/** Puts rows in the place of their older results; what is there of other rows stays. */
export function writeReports(fresh: readonly RowResult[]): void {
  const merged = mergeResults(readResults(), fresh);
  writeFileSync(resultsFile, `${JSON.stringify(merged, null, 2)}\n`);
  writeFileSync(join(benchDirectory, 'RESULTS.md'), markdownOf(merged));
  for (const curve of merged.flatMap(({ curves = [] }) => curves)) {
    writeFileSync(join(benchDirectory, `${curve.id}.svg`), svgOf(curve));
  }
}

/** In the order of the rows. */
export function mergeResults(old: readonly RowResult[], fresh: readonly RowResult[]): RowResult[] {
  return ROW_NAMES.flatMap((name) => {
    const result = fresh.find(({ row }) => row === name) ?? old.find(({ row }) => row === name);
    return result === undefined ? [] : [result];
  });
}

function readResults(): RowResult[] {
  try {
    return JSON.parse(readFileSync(resultsFile, 'utf8')) as RowResult[];
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return [];
    throw error;
  }
}
