/** `npm run bench -- profile SUBJECT`: where ours spends its time. */
import { mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { commitLine, machineLine } from '../machine.js';
import { benchDirectory, root } from '../paths.js';
import { makeScratch } from '../support/scratch.js';
import { selfTimes } from './self-times.js';
import type { SubjectName } from './subject-names.js';
import { SUBJECTS } from './subjects.js';
import { profileTable } from './table.js';

const SAMPLE_MICROSECONDS = 500;

/** Runs a subject under `node --cpu-prof`, prints the table and writes bench/profiles/<subject>.md. */
export async function profile(name: SubjectName): Promise<void> {
  const subject = SUBJECTS[name];
  const scratch = makeScratch();
  const directory = join(scratch.directory, 'profile');
  mkdirSync(directory);
  try {
    await subject(scratch.directory, [
      '--cpu-prof',
      `--cpu-prof-dir=${directory}`,
      `--cpu-prof-interval=${SAMPLE_MICROSECONDS}`,
    ]);
    const table = profileTable(selfTimes(largestProfile(directory), root));
    console.log(table);
    const profiles = join(benchDirectory, 'profiles');
    mkdirSync(profiles, { recursive: true });
    writeFileSync(join(profiles, `${name}.md`), describe(name, table));
  } finally {
    await scratch.remove();
  }
}

/** Threads leave profiles of their own; the one with the most samples is that of the main thread. */
function largestProfile(directory: string): string {
  const profiles = readdirSync(directory).map((file) => readFileSync(join(directory, file), 'utf8'));
  const [largest] = profiles.sort((a, b) => b.length - a.length);
  if (largest === undefined) throw new Error('Node left no profile');
  return largest;
}

function describe(name: string, table: string): string {
  return `# Profile: ${name}

\`npm run bench -- profile ${name}\`, ${new Date().toISOString().slice(0, 10)}, commit ${commitLine()}. ${machineLine()}.
Own time of functions as \`node --cpu-prof\` samples it, as a share of the time in which the main thread was busy. Native
work on other threads, such as LMDB's writes, is not in it.

${table}`;
}
