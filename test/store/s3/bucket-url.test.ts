import { expect } from 'chai';

import { bucketUrl } from '../../../lib/store/s3/bucket-url.js';

describe('the URL of a bucket', () => {
  it('has the bucket in its path', () => {
    const endpoint = new URL('http://127.0.0.1:7070');
    expect(bucketUrl({ endpoint, bucket: 'swarms', pathStyle: true })).to.deep.equal({
      endpoint,
      path: '/swarms',
      base: '/swarms/',
    });
  });

  it("has the bucket in its host's name", () => {
    const endpoint = new URL('https://s3.eu-central-1.amazonaws.com');
    expect(bucketUrl({ endpoint, bucket: 'swarms', pathStyle: false })).to.deep.equal({
      endpoint: new URL('https://swarms.s3.eu-central-1.amazonaws.com'),
      path: '/',
      base: '/',
    });
  });
});
