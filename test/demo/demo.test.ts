import { spawn, spawnSync, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { existsSync } from 'node:fs';
import { dirname } from 'node:path';
import { fileURLToPath } from 'node:url';
import { expect } from 'chai';

import { runTracker } from '../cli/run-tracker.js';
import { eventually } from '../support/eventually.js';
import { describeWith, installed } from '../support/programs.js';

const root = fileURLToPath(new URL('../..', import.meta.url));

describeWith([installed('nginx')], 'npm run demo', function () {
  let group: number | undefined;

  afterEach(() => {
    if (group !== undefined) spawnSync('kill', ['-KILL', '--', String(group)]);
    group = undefined;
  });

  it('starts the whole chain, which clients, browsers, report and doctor can use, and a Ctrl-C ends all of it', async () => {
    // A process group of its own, as a terminal gives one: Ctrl-C goes to every process in it.
    const demo = spawn(process.execPath, ['scripts/demo.mjs'], { cwd: root, detached: true });
    group = -(demo.pid ?? 0);
    const output = outputOf(demo);
    const ended = once(demo, 'close');
    const [, url = '', settings = ''] = await eventually(
      'the demo is ready',
      150_000,
      () => {
        if (demo.exitCode !== null) throw new Error(output());
        return /Announce URL: +(\S+)[^]*report -- --settings (\S+)[^]*Ctrl-C/.exec(output()) ?? undefined;
      },
      output,
    );

    const asked = await runTracker(['announce', url, '--json']);
    expect(asked.status, asked.stdout + asked.stderr).to.equal(0);
    const page = await fetch(new URL('/', url));
    expect(await page.text())
      .to.contain(url)
      .and.to.contain('57');
    const report = await runTracker(['report', '--settings', settings]);
    expect(JSON.parse(report.stdout), report.stderr).to.include({ swarms: 3, peers: 57 });
    const doctor = await runTracker(['doctor', '--settings', settings]);
    expect(doctor.status, doctor.stdout + doctor.stderr).to.equal(0);
    expect(doctor.stdout).to.match(/\d+ ok, 0 warnings, 0 wrong\n$/);

    process.kill(group, 'SIGINT');
    expect(await ended, output()).to.deep.equal([0, null]);
    expect(existsSync(dirname(settings)), 'its directory').to.equal(false);
    expect(spawnSync('pgrep', ['-g', String(-group)]).stdout.toString()).to.equal('');
    group = undefined;
  }).timeout(300_000);
});

function outputOf({ stdout, stderr }: ChildProcess): () => string {
  let text = '';
  for (const stream of [stdout, stderr])
    stream?.setEncoding('utf8').on('data', (part: string) => (text += part));
  return () => text;
}
