import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { commitLine, machineLine } from '../machine.js';
import { root } from '../paths.js';

/** Where and when a simulation ran. */
export interface Provenance {
  /** ISO 8601, when it was finished. */
  readonly date: string;
  readonly commit: string;
  readonly machine: string;
  readonly seconds: number;
}

const DIRECTORY = join(root, 'bench/simulation/results');

/** Keeps what a simulation gave, as plain data. */
export function writeResults(name: string, startedAt: number, results: object): void {
  const provenance: Provenance = {
    date: new Date().toISOString(),
    commit: commitLine(),
    machine: machineLine(),
    seconds: Math.round((performance.now() - startedAt) / 1000),
  };
  mkdirSync(DIRECTORY, { recursive: true });
  writeFileSync(pathOf(name), `${JSON.stringify({ ...provenance, ...results }, undefined, 1)}\n`);
}

/** @throws Error if that simulation was never run */
export function readResults(name: string): unknown {
  return JSON.parse(readFileSync(pathOf(name), 'utf8'));
}

function pathOf(name: string): string {
  return join(DIRECTORY, `${name}.json`);
}
