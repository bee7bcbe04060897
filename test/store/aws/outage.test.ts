import { expect } from 'chai';

import { Announcer, type Outcome } from '../../riak/support/announcer.js';
import { Cleanup } from '../../support/cleanup.js';
import { eventually } from '../../support/eventually.js';
import { describeWith } from '../../support/programs.js';
import { realServers, startRealServer } from '../../support/real-servers.js';
import { startTracker } from '../../support/tracker-process.js';

const recoveryMs = 20_000;

for (const [name, kind] of Object.entries(realServers)) {
  if (!kind.whole || kind.endpoint !== undefined) continue;
  describeWith([kind.requirement], `The tracker on ${name}, whose server is killed and comes back`, () => {
    const atEnd = new Cleanup();
    afterEach(() => atEnd.run());

    it('says when to come again meanwhile, loses nobody, and needs no restart', async () => {
      const server = await startRealServer(kind);
      atEnd.add(() => server.dispose());
      const tracker = await startTracker(server.settings);
      atEnd.add(() => tracker.dispose());
      const announcer = new Announcer(tracker.url());
      atEnd.add(() => {
        announcer.close();
        return Promise.resolve();
      });
      const { pid } = tracker;
      const announce = (peer: number): Promise<Outcome> => announcer.announce({ swarm: 1, peer });
      for (let peer = 1; peer <= 5; peer += 1) expect((await announce(peer)).acknowledged).to.equal(true);

      await server.kill9();
      const refused = await announce(6);
      expect(refused.acknowledged).to.equal(false);
      expect(refused.reply).to.include.keys('failure reason', 'retry in');
      const healthIs = (status: number) => async (): Promise<boolean> =>
        (await announcer.health()) === status;
      await eventually('/health says 503', recoveryMs, healthIs(503));

      await server.restart();
      await eventually('/health says 200', recoveryMs, healthIs(200));
      const { acknowledged, reply } = await announce(6);
      expect(acknowledged, tracker.program.describe()).to.equal(true);
      expect(Number(reply['incomplete'])).to.equal(6);
      expect(tracker.pid).to.equal(pid);
    }).timeout(120_000);
  });
}
