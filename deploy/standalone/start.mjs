/** The same as `tracker start`, or `tracker` with the arguments that are given. */
const [first] = process.argv.slice(2);
if (first === undefined || first.startsWith('-')) process.argv.splice(2, 0, 'start');
await import('../../bin/tracker.mjs');
