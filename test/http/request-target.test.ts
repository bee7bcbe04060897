import { expect } from 'chai';
import fc from 'fast-check';
import { pathOf, queryOf } from '../../lib/http/request-target.js';

describe('a request target', () => {
  const parts = (target: string): { path: string; query: string } => ({
    path: pathOf(target),
    query: queryOf(target),
  });

  const cases: [target: string, path: string, query: string][] = [
    ['/announce?a=1', '/announce', 'a=1'],
    ['/announce', '/announce', ''],
    ['/announce?', '/announce', ''],
    ['/?', '/', ''],
    ['http://tracker.example:6969/announce?a=1', '/announce', 'a=1'],
    ['HTTPS://tracker.example/scrape', '/scrape', ''],
    ['http://tracker.example?a=1', '/', 'a=1'],
    ['http://tracker.example', '/', ''],
    ['http:///announce', '/announce', ''],
    ['//announce?a', '//announce', 'a'],
    ['/a://b/c', '/a://b/c', ''],
    ['a/b://c/d', 'a/b://c/d', ''],
    ['://a/b', '://a/b', ''],
    ['*', '*', ''],
    ['tracker.example:443', 'tracker.example:443', ''],
    ['', '', ''],
  ];
  for (const [target, path, query] of cases) {
    it(`${JSON.stringify(target)} has the path ${JSON.stringify(path)} and the query ${JSON.stringify(query)}`, () => {
      expect(parts(target)).to.deep.equal({ path, query });
    });
  }

  it('cuts at the first question mark only, so that a hash may hold another', () => {
    expect(queryOf('/announce?info_hash=?a=1')).to.equal('info_hash=?a=1');
  });

  it('does not take an address inside the query for the start of an absolute URL', () => {
    expect(parts('announce?u=http://h/x')).to.deep.equal({
      path: 'announce',
      query: 'u=http://h/x',
    });
  });

  it('unescapes nothing', () => {
    expect(parts('/%61?%3f')).to.deep.equal({ path: '/%61', query: '%3f' });
  });

  it('never throws', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'binary' }), (target) => {
        parts(target);
      }),
    );
  });
});
