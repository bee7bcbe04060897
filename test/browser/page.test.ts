import axe from 'axe-core';
import { Client } from 'bittorrent-tracker';
import { expect } from 'chai';
import { chromium, type Browser, type BrowserContext, type Page } from 'playwright-core';

import { Cleanup } from '../support/cleanup.js';
import { eventually } from '../support/eventually.js';
import { describeWith, installed } from '../support/programs.js';
import { startTracker, type TrackerProcess } from '../support/tracker-process.js';

const INFOHASH = Buffer.from('0123456789abcdef0123456789abcdef01234567', 'hex');

describe('The page in a browser', function () {
  this.timeout(120_000);

  describeWith([installed('chromium')], 'of a tracker with clients', () => {
    const atEnd = new Cleanup();
    let tracker: TrackerProcess;
    let browser: Browser;

    before(async () => {
      tracker = await startTracker({ PURGE_INTERVAL: '1', STATS_SWARMS: 'on' });
      atEnd.add(() => tracker.dispose());
      browser = await chromium.launch({ executablePath: '/usr/bin/chromium', args: ['--no-sandbox'] });
      atEnd.add(() => browser.close());
      for (const [port, left] of [
        [7001, 0],
        [7002, 1000],
        [7003, 1000],
      ] as const) {
        await announce(port, left);
      }
    });

    after(() => atEnd.run());

    async function announce(port: number, left: number): Promise<void> {
      const client = new Client({
        infoHash: INFOHASH,
        peerId: Buffer.from(`-TE0001-${String(port).padStart(12, '0')}`),
        announce: tracker.announceUrl(),
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

    /**
     * Does something with the page; fails if it asked others for anything, or the console has an
     * error.
     */
    async function visit(
      options: Parameters<Browser['newContext']>[0],
      look: (page: Page, context: BrowserContext) => Promise<void>,
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
          if (!request.url().startsWith(`${tracker.url()}/`)) elsewhere.push(request.url());
        });
        await page.goto(`${tracker.url()}/`);
        await look(page, context);
      } finally {
        await context.close();
      }
      expect([errors, elsewhere]).to.deep.equal([[], []]);
    }

    async function figure(page: Page, name: string): Promise<string> {
      return page.locator('dl.tiles > div', { hasText: name }).locator('dd').innerText();
    }

    it('has the figures right after announces, without scripts, too', async () => {
      for (const javaScriptEnabled of [true, false]) {
        await visit({ javaScriptEnabled }, async (page) => {
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
      await visit({ permissions: ['clipboard-read', 'clipboard-write'] }, async (page) => {
        for (const [i, url] of urls.entries()) {
          await page.locator('button').nth(i).click();
          await page.getByRole('button', { name: 'Copied' }).waitFor();
          expect(await page.evaluate('navigator.clipboard.readText()')).to.equal(url);
          await page.getByRole('button', { name: 'Copied' }).waitFor({ state: 'detached' });
        }
      });
    });

    for (const width of [360, 1280]) {
      for (const colorScheme of ['light', 'dark'] as const) {
        it(`is legible for everybody and fits, ${width} wide and ${colorScheme}`, async () => {
          await visit({ viewport: { width, height: 800 }, colorScheme }, async (page) => {
            const overflow = await page.evaluate('document.documentElement.scrollWidth - window.innerWidth');
            expect(overflow).to.be.at.most(0);
            const ground = await page.evaluate('getComputedStyle(document.body).backgroundColor');
            const isDark = Number(/\d+/.exec(String(ground))?.[0]) < 128;
            expect(isDark).to.equal(colorScheme === 'dark');
            await page.evaluate(axe.source);
            const { violations } = await page.evaluate<axe.AxeResults>('axe.run()');
            const grave = violations.filter(({ impact }) => impact === 'serious' || impact === 'critical');
            expect(grave.map(({ id, nodes }) => [id, nodes.map(({ html }) => html)])).to.deep.equal([]);
          });
        });
      }
    }
  });
});
