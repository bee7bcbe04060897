import { mkdirSync } from 'node:fs';
import { makeScratch } from './bench/support/scratch.js';
import { SUBJECTS } from './bench/profile/subjects.js';
const s = makeScratch(); mkdirSync(process.argv[3]!, {recursive:true});
await SUBJECTS[process.argv[2]!](s.directory, ['--cpu-prof','--cpu-prof-dir='+process.argv[3],'--cpu-prof-interval=500']);
await s.remove(); process.exit(0);
