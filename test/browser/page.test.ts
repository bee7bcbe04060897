import axe from 'axe-core';
import { Client } from 'bittorrent-tracker';
import { expect } from 'chai';
import { chromium, type Browser, type Page } from 'playwright-core';

import { startGateway } from '../nginx/support/gateway.js';
import { DeployedTracker, SECRET } from '../openwhisk/support/deployed-tracker.js';
import { Cleanup } from '../support/cleanup.js';
import { eventually } from '../support/eventually.js';
import { describeWith, installed } from '../support/programs.js';
import { startTracker, type TrackerProcess } from '../support/tracker-process.js';

const INFOHASH = Buffer.from('0123456789abcdef0123456789abcdef01234567', 'hex');

/** Announces once with the npm client. */
async function announce(announceUrl: string, port: number, left: number): Promise<void> {
  const client = new Client({
    infoHash: INFOHASH,
    peerId: Buffer.from(`-TE0001-${String(port).padStart(12, '0')}`),
    announce: announceUrl,
    port,
  });
  await new Promise<void>((resolve, reject) => {
    client.once('update', () => {
      resolve();
    });
    client.once('error', reject);
    client.once('warning', reject);
    client.start({ left, uploaded: 0, downloaded: 0 });
  });
  await new Promise<void>((resolve) => {
    client.destroy(() => {
      resolve();
    });
  });
}

async function figure(page: Page, name: string): Promise<string> {
  return page.locator('dl.tiles > div', { hasText: name }).locator('dd').innerText();
}

async function expectAccessible(page: Page): Promise<void> {
  await page.evaluate(axe.source);
  const { violations } = await page.evaluate<axe.AxeResults>('axe.run()');
  const grave = violations.filter(({ impact }) => impact === 'serious' || impact === 'critical');
  expect(grave.map(({ id, nodes }) => [id, nodes.map(({ html }) => html)])).to.deep.equal([]);
}

/**
 * Does something with the page; fails if it asked others for anything, or the console has an error.
 */
async function visit(
  browser: Browser,
  url: string,
  options: Parameters<Browser['newContext']>[0],
  look: (page: Page) => Promise<void>,
): Promise<void> {
  const context = await browser.newContext(options);
  const errors: string[] = [];
  const elsewhere: string[] = [];
  try {
    const page = await context.newPage();
    page.on('console', (message) => {
      if (message.type() === 'error') errors.push(message.text());
    });
    page.on('pageerror', (error) => errors.push(error.message));
    page.on('request', (request) => {
      if (!request.url().startsWith(`${url}/`)) elsewhere.push(request.url());
    });
    await page.goto(`${url}/`);
    await look(page);
  } finally {
    await context.close();
  }
  expect([errors, elsewhere]).to.deep.equal([[], []]);
}

const launch = (): Promise<Browser> =>
  chromium.launch({ executablePath: '/usr/bin/chromium', args: ['--no-sandbox'] });

describe('The page in a browser', function () {
  this.timeout(180_000);

  describeWith([installed('chromium')], 'of a tracker with clients', () => {
    const atEnd = new Cleanup();
    let tracker: TrackerProcess;
    let browser: Browser;

    before(async () => {
      tracker = await startTracker({ PURGE_INTERVAL: '1', STATS_SWARMS: 'on' });
      atEnd.add(() => tracker.dispose());
      browser = await launch();
      atEnd.add(() => browser.close());
      for (const [port, left] of [
        [7001, 0],
        [7002, 1000],
        [7003, 1000],
      ] as const) {
        await announce(tracker.announceUrl(), port, left);
      }
    });

    after(() => atEnd.run());

    it('has the figures right after announces, without scripts, too', async () => {
      for (const javaScriptEnabled of [true, false]) {
        await visit(browser, tracker.url(), { javaScriptEnabled }, async (page) => {
          expect(await page.locator('tr', { hasText: 'Since the start' }).innerText()).to.match(
            /^Since the start\s3\s/,
          );
          await eventually('a purge has counted the peers', 20_000, async () => {
            await page.reload();
            return (await figure(page, 'Peers')) === '3';
          });
          const names = ['Torrents', 'Seeders', 'Leechers'];
          expect(await Promise.all(names.map((name) => figure(page, name)))).to.deep.equal(['1', '1', '2']);
          expect(await page.locator('td code').innerText()).to.equal(INFOHASH.toString('hex'));
          const buttons = await page.locator('button').all();
          expect(await Promise.all(buttons.map((button) => button.isVisible()))).to.deep.equal([
            javaScriptEnabled,
            javaScriptEnabled,
          ]);
        });
      }
    });

    it('copies the announce URLs', async () => {
      const urls = [tracker.announceUrl(), tracker.udpAnnounceUrl()];
      await visit(
        browser,
        tracker.url(),
        { permissions: ['clipboard-read', 'clipboard-write'] },
        async (page) => {
          for (const [i, url] of urls.entries()) {
            await page.locator('button').nth(i).click();
            await page.getByRole('button', { name: 'Copied' }).waitFor();
            expect(await page.evaluate('navigator.clipboard.readText()')).to.equal(url);
            await page.getByRole('button', { name: 'Copied' }).waitFor({ state: 'detached' });
          }
        },
      );
    });

    for (const width of [360, 1280]) {
      for (const colorScheme of ['light', 'dark'] as const) {
        it(`is legible for everybody and fits, ${width} wide and ${colorScheme}`, async () => {
          await visit(
            browser,
            tracker.url(),
            { viewport: { width, height: 800 }, colorScheme },
            async (page) => {
              const overflow = await page.evaluate(
                'document.documentElement.scrollWidth - window.innerWidth',
              );
              expect(overflow).to.be.at.most(0);
              const ground = await page.evaluate('getComputedStyle(document.body).backgroundColor');
              const isDark = Number(/\d+/.exec(String(ground))?.[0]) < 128;
              expect(isDark).to.equal(colorScheme === 'dark');
              await expectAccessible(page);
            },
          );
        });
      }
    }
  });

  describeWith([installed('chromium'), installed('nginx')], 'through nginx, of the actions', () => {
    const atEnd = new Cleanup();
    let url: string;
    let browser: Browser;

    before(async () => {
      const deployed = await DeployedTracker.start({ settings: { STATS_SWARMS: 'on' } });
      atEnd.add(() => deployed.dispose());
      const gateway = await startGateway(deployed.platform.port, {
        settings: { TRACKER_SECRET: SECRET, READ_TIMEOUT: '60' },
      });
      atEnd.add(() => gateway.dispose());
      url = `http://127.0.0.1:${gateway.port}`;
      browser = await launch();
      atEnd.add(() => browser.close());
      for (const [port, left] of [
        [7001, 0],
        [7002, 1000],
        [7003, 1000],
      ] as const) {
        await announce(`${url}/announce`, port, left);
      }
      await deployed.purge();
    });

    after(() => atEnd.run());

    for (const colorScheme of ['light', 'dark'] as const) {
      it(`has what the purge has counted, and the URL that was asked, ${colorScheme}`, async () => {
        await visit(browser, url, { viewport: { width: 360, height: 800 }, colorScheme }, async (page) => {
          const names = ['Torrents', 'Peers', 'Seeders', 'Leechers', 'Completed'];
          const figures = await Promise.all(names.map((name) => figure(page, name)));
          expect(figures).to.deep.equal(['1', '3', '1', '2', '0']);
          expect(await page.locator('td code').innerText()).to.equal(INFOHASH.toString('hex'));
          expect(await page.getByLabel('Announce URL').inputValue()).to.equal(`${url}/announce`);
          const overflow = await page.evaluate('document.documentElement.scrollWidth - window.innerWidth');
          expect(overflow).to.be.at.most(0);
          await expectAccessible(page);
        });
      });
    }

    it('copies the announce URL, and leads to the same as JSON', async () => {
      const permissions = ['clipboard-read', 'clipboard-write'];
      await visit(browser, url, { permissions }, async (page) => {
        await page.getByRole('button', { name: 'Copy' }).click();
        await page.getByRole('button', { name: 'Copied' }).waitFor();
        expect(await page.evaluate('navigator.clipboard.readText()')).to.equal(`${url}/announce`);
        await page.getByRole('link', { name: 'The same as JSON' }).click();
        expect(JSON.parse(await page.locator('body').innerText())).to.deep.include({ served: null });
      });
    });
  });
});
