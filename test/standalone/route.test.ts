import { expect } from 'chai';

import { routeOf } from '../../lib/standalone/route.js';

describe('a request target', () => {
  const cases: [target: string, route: string | undefined][] = [
    ['/announce', 'announce'],
    ['/announce?info_hash=a', 'announce'],
    ['http://tracker.example/announce?info_hash=a', 'announce'],
    ['/scrape?info_hash=a', 'scrape'],
    ['/health', 'health'],
    ['/', undefined],
    ['/announce/', undefined],
    ['/announces', undefined],
    ['/Announce', undefined],
    ['//announce', undefined],
    ['/0123abcd/announce?info_hash=a', 'announce'],
    ['/0123abcd/scrape', 'scrape'],
    ['http://tracker.example/0123abcd/announce', 'announce'],
    ['/0123abcd/health', undefined],
    ['/a/b/announce', undefined],
    ['/0123abcd/announce/', undefined],
    ['/%30/announce', undefined],
    ['/%61nnounce', undefined],
    ['/constructor', undefined],
    ['*', undefined],
    ['', undefined],
  ];
  for (const [target, route] of cases) {
    it(`of ${target === '' ? 'nothing' : target} asks for ${route ?? 'nothing that is here'}`, () => {
      expect(routeOf(target)).to.equal(route);
    });
  }
});
