import { spawnSync } from 'node:child_process';
import { readFile, writeFile } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';
import { expect } from 'chai';

import { Cleanup } from '../support/cleanup.js';
import { eventually } from '../support/eventually.js';
import { freePort } from '../support/free-port.js';
import { describeWith, installed } from '../support/programs.js';
import { startProgram, type RunningProgram } from '../support/running-program.js';
import { makeTempDir, removeTempDir } from '../support/temp-dir.js';
import { startTracker, type TrackerProcess } from '../support/tracker-process.js';
import { UdpClient } from '../udp/socket-client.js';
import { announceOf, INFOHASH, queryOf } from '../tracker/tracker-harness.js';

const fileOf = (path: string): string => fileURLToPath(new URL(`../../${path}`, import.meta.url));
const TOKEN = 'token-of-the-metrics';

interface Board {
  readonly panels: readonly {
    readonly title: string;
    readonly targets: readonly { readonly expr: string }[];
  }[];
}

/** @throws AssertionError with what promtool says if it does not accept that */
function promtool(args: readonly string[], input = '', cwd?: string): void {
  const { status, stdout, stderr } = spawnSync('promtool', args, { input, cwd, encoding: 'utf8' });
  expect(`${stdout}${stderr}`, args.join(' ')).to.not.match(/FAILED|error|should/i);
  expect(status, `${args.join(' ')}\n${stdout}${stderr}`).to.equal(0);
}

describe('Prometheus', function () {
  this.timeout(120_000);

  describeWith([installed('prometheus')], 'with the files in deploy', () => {
    const atEnd = new Cleanup();
    let directory: string;
    let tracker: TrackerProcess;
    let metricsPort: number;
    let frontPort: number;
    let prometheus: RunningProgram;
    let port: number;

    before(async () => {
      directory = await makeTempDir();
      atEnd.add(() => removeTempDir(directory));
      metricsPort = await freePort();
      tracker = await startTracker({
        METRICS_PORT: String(metricsPort),
        METRICS_TOKEN: TOKEN,
        PURGE_INTERVAL: '1',
      });
      atEnd.add(() => tracker.dispose());
      frontPort = await freePort();
      await startFront();
      port = await freePort();
      await writeConfiguration();
      prometheus = await startProgram('prometheus', [
        `--config.file=${directory}/prometheus.yml`,
        `--storage.tsdb.path=${directory}/data`,
        `--web.listen-address=127.0.0.1:${port}`,
      ]);
      atEnd.add(() => prometheus.stop());
    });

    after(() => atEnd.run());

    /** One that reaches no platform: its runs fail. */
    async function startFront(): Promise<void> {
      const unused = await freePort();
      const front = await startProgram(process.execPath, [fileOf('deploy/standalone/start.mjs'), 'front'], {
        env: {
          PATH: process.env['PATH'],
          PORT: String(frontPort),
          METRICS_TOKEN: TOKEN,
          OPENWHISK_API: `http://127.0.0.1:${unused}`,
          OPENWHISK_NAMESPACE: 'guest',
        },
      });
      atEnd.add(() => front.stop());
      await eventually('the front listens', 30_000, () => front.stdout.includes('/announce'));
    }

    /** That of deploy, but for addresses and the time between two scrapes. */
    async function writeConfiguration(): Promise<void> {
      const given = await readFile(fileOf('deploy/prometheus/prometheus.yml'), 'utf8');
      const configuration = given
        .replace("'127.0.0.1:9797'", `'127.0.0.1:${metricsPort}', '127.0.0.1:${frontPort}'`)
        .replace('# authorization:', 'authorization:')
        .replace(
          '#   credentials_file: /etc/prometheus/tracker-token',
          `  credentials_file: ${directory}/token`,
        )
        .replaceAll('_interval: 15s', '_interval: 1s');
      await writeFile(`${directory}/prometheus.yml`, configuration);
      await writeFile(`${directory}/token`, TOKEN);
      const rules = await readFile(fileOf('deploy/prometheus/tracker-alerts.yml'));
      await writeFile(`${directory}/tracker-alerts.yml`, rules);
    }

    async function announceAndScrape(number: number): Promise<void> {
      for (const path of [
        `/announce?${announceOf(number, { left: 0, event: 'completed' })}`,
        `/announce?${announceOf(number, { left: 1 })}`,
        `/scrape?${queryOf({ info_hash: INFOHASH })}`,
        '/announce?nonsense',
      ]) {
        await (await fetch(`${tracker.url()}${path}`)).arrayBuffer();
      }
      const client = await UdpClient.open(tracker.port);
      await client.announce({ left: 1n, port: 7000 + number }).finally(() => client.close());
      await (await fetch(`http://127.0.0.1:${frontPort}/announce?${announceOf(number)}`)).arrayBuffer();
    }

    async function query(expression: string): Promise<readonly unknown[]> {
      const url = `http://127.0.0.1:${port}/api/v1/query?query=${encodeURIComponent(expression)}`;
      const answer = (await (await fetch(url)).json()) as {
        status: string;
        error?: string;
        data?: { result: unknown[] };
      };
      expect(answer.status, `${expression}: ${answer.error ?? ''}`).to.equal('success');
      return answer.data?.result ?? [];
    }

    it('finds nothing wrong with the configuration, the alerts and what they fire on', async () => {
      promtool(['check', 'config', `${directory}/prometheus.yml`]);
      promtool(['check', 'rules', `${directory}/tracker-alerts.yml`]);
      await writeFile(`${directory}/alerts.test.yml`, await readFile(fileOf('test/stats/alerts.test.yml')));
      promtool(['test', 'rules', 'alerts.test.yml'], '', directory);
    });

    it('finds nothing wrong with the metrics, which nobody gets without the token', async () => {
      await announceAndScrape(1);
      const url = `http://127.0.0.1:${metricsPort}/metrics`;
      expect((await fetch(url)).status).to.equal(401);
      expect((await fetch(`${tracker.url()}/metrics`)).status).to.equal(401);
      const headers = { Authorization: `Bearer ${TOKEN}` };
      const text = await (await fetch(url, { headers })).text();
      promtool(['check', 'metrics'], text);
      expect((await fetch(`${tracker.url()}/metrics`, { headers })).status).to.equal(200);
      promtool(
        ['check', 'metrics'],
        await (await fetch(`http://127.0.0.1:${frontPort}/metrics`, { headers })).text(),
      );
    });

    it('has data for each query of each panel of the board', async () => {
      const isUp = async (): Promise<boolean> =>
        (await query('up{job="bittorrent-tracker"} == 1')).length === 2;
      const state = (): string => prometheus.describe();
      await eventually(
        'Prometheus answers',
        30_000,
        () =>
          query('1').then(
            () => true,
            () => false,
          ),
        state,
      );
      await eventually('Prometheus has scraped the tracker', 30_000, isUp, state);
      const board = JSON.parse(await readFile(fileOf('deploy/grafana/tracker.json'), 'utf8')) as Board;
      let number = 2;
      for (const { title, targets } of board.panels) {
        for (const { expr } of targets) {
          const expression = expr.replaceAll('$instance', '.*').replaceAll('$__rate_interval', '30s');
          await eventually(`${title} has data: ${expression}`, 30_000, async () => {
            await announceAndScrape(number++ % 200);
            return (await query(expression)).some(isNumber);
          });
        }
      }
    });
  });
});

/** Whether a sample is one that a panel can draw. */
function isNumber(sample: unknown): boolean {
  const { value } = sample as { value: [number, string] };
  return Number.isFinite(Number(value[1]));
}
