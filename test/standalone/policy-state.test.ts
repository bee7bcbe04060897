import { expect } from 'chai';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';

import { eventually } from '../support/eventually.js';
import { makeTempDir, removeTempDir } from '../support/temp-dir.js';
import { startTracker } from '../support/tracker-process.js';
import { buildFirst } from './support/entry.js';

describe('the state of lists and keys', function () {
  this.timeout(120_000);
  let directory = '';

  buildFirst();

  beforeEach(async () => {
    directory = await makeTempDir();
  });

  afterEach(() => removeTempDir(directory));

  it('is in /metrics, and in /health where what is in use is not the present state', async () => {
    const path = join(directory, 'file');
    await writeFile(path, `${'aa'.repeat(20)}\n${'bb'.repeat(20)}\n`);
    const tracker = await startTracker({
      LIST_MODE: 'allow',
      LIST_FILE: path,
      CLIENT_MODE: 'deny',
      KEYS: 'on',
      METRICS_TOKEN: 'a-token-of-the-tests',
      ADDRESS_RATE: '1',
      ADDRESS_BURST: '1',
      TRUSTED_PROXIES: '127.0.0.0/8',
    });
    const ask = async (target: string): Promise<string> => {
      const headers = { Authorization: 'Bearer a-token-of-the-tests', 'X-Forwarded-For': '198.51.100.1' };
      return (await fetch(tracker.url() + target, { headers })).text();
    };
    try {
      expect(await ask('/health')).to.equal('ok\n');
      for (let n = 0; n < 3; n++) {
        await ask(`/a-wrong-key/announce?info_hash=${'%aa'.repeat(20)}&peer_id=-TT0001-abcdefghijkl&port=1`);
      }
      const metrics = await ask('/metrics');
      for (const line of [
        'bittorrent_tracker_list_readable{list="torrents"} 1',
        'bittorrent_tracker_list_readable{list="clients"} 1',
        'bittorrent_tracker_list_readable{list="keys"} 1',
        'bittorrent_tracker_list_entries{list="torrents"} 2',
        'bittorrent_tracker_list_entries{list="clients"} 0',
        'bittorrent_tracker_keys_cached{state="known"} 0',
        'bittorrent_tracker_keys_cached{state="unknown"} 1',
        'bittorrent_tracker_keys_unwritten 0',
        'bittorrent_tracker_address_refusals_total 2',
      ]) {
        expect(metrics.split('\n')).to.include(line);
      }
      expect(metrics).to.match(/bittorrent_tracker_list_known_timestamp_seconds\{list="torrents"\} 1\d{9}/);
      expect(metrics).to.not.contain('a-wrong-key');
      await writeFile(path, 'wrong\n');
      process.kill(tracker.pid, 'SIGHUP');
      await eventually('a note', 10_000, async () => (await ask('/health')) !== 'ok\n');
      expect(await ask('/health')).to.match(
        /^ok\nthe list of torrents cannot be read: the one in use is that of 20[^\n]*Z\n$/,
      );
      // What was answered a moment ago is answered again.
      await eventually('the metric', 10_000, async () =>
        (await ask('/metrics')).includes('bittorrent_tracker_list_readable{list="torrents"} 0\n'),
      );
    } finally {
      await tracker.dispose();
    }
  });
});
