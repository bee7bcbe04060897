import { createHash } from 'node:crypto';
import { mkdir, readFile, writeFile } from 'node:fs/promises';
import { expect } from 'chai';

import { infohashKey } from '../../../lib/swarm/shard/placement.js';
import { startAria2, startLibtorrent, type StartPeer } from '../../clients/peers.js';
import { expectCounts, type ScrapeCounts } from '../../clients/scrape.js';
import { makeTorrent } from '../../clients/torrent.js';
import { Cleanup } from '../../support/cleanup.js';
import { eventually } from '../../support/eventually.js';
import { describeWith, installed } from '../../support/programs.js';
import type { RunningProgram } from '../../support/running-program.js';
import { makeTempDir, removeTempDir } from '../../support/temp-dir.js';
import { startTracker } from '../../support/tracker-process.js';
import { realServers, startRealServer } from '../../support/real-servers.js';

const deadlineMs = 60_000;
const address = '127.0.0.1';

for (const [name, kind] of Object.entries(realServers)) {
  if (!kind.whole) continue;
  const needs = [kind.requirement, installed('aria2'), installed('libtorrent')];
  describeWith(needs, `Real clients, through the tracker on ${name}`, () => {
    const atEnd = new Cleanup();
    afterEach(() => atEnd.run());

    it('transfer a file, and the server has the swarm and the download', async () => {
      const directory = await makeTempDir();
      atEnd.add(() => removeTempDir(directory));
      const server = await startRealServer(kind);
      atEnd.add(() => server.dispose());
      const tracker = await startTracker(server.settings);
      atEnd.add(() => tracker.dispose());
      const torrent = makeTorrent(`transfer-on-${name}`, tracker.announceUrl(address));
      const torrentFile = `${directory}/one.torrent`;
      await writeFile(torrentFile, torrent.metainfo);
      const programs: RunningProgram[] = [tracker.program];
      const describeAll = (): string => programs.map((one) => one.describe()).join('\n');
      const join = async (role: string, start: StartPeer, content?: Buffer): Promise<string> => {
        const contentDirectory = `${directory}/${role}/content`;
        const homeDirectory = `${directory}/${role}/home`;
        await mkdir(contentDirectory, { recursive: true });
        await mkdir(homeDirectory);
        const file = `${contentDirectory}/${torrent.fileName}`;
        if (content !== undefined) await writeFile(file, content);
        const peer = await start({ torrentFile, contentDirectory, homeDirectory, address });
        programs.push(peer);
        atEnd.add(() => peer.stop());
        return file;
      };
      const expectSwarm = (wanted: ScrapeCounts): Promise<void> =>
        expectCounts(tracker.url(), torrent.infoHash, wanted, deadlineMs, describeAll);

      await join('seeder', startLibtorrent, torrent.content);
      await expectSwarm({ complete: 1, incomplete: 0, downloaded: 0 });
      const file = await join('leecher', startAria2);
      const isWhole = async (): Promise<boolean> =>
        (await readFile(file).then(sha256, () => undefined)) === sha256(torrent.content);
      await eventually('the transfer', deadlineMs, isWhole, describeAll);
      await expectSwarm({ complete: 2, incomplete: 0, downloaded: 1 });

      const store = server.open();
      atEnd.add(() => store.close());
      const key = infohashKey(torrent.infoHash);
      expect((await store.fetch(key)).values).to.have.length(1);
      expect(await store.count(key)).to.equal(1);
    }).timeout(3 * deadlineMs);
  });
}

function sha256(bytes: Uint8Array): string {
  return createHash('sha256').update(bytes).digest('hex');
}
