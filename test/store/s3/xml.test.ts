import { expect } from 'chai';

import { elements, textOf } from '../../../lib/store/s3/xml.js';

describe('what is read of the XML of S3', () => {
  it('is the text of an element, with its entities as characters', () => {
    expect(textOf('<E><Code>A&amp;B &lt;&#34;&#x2F;&quot;&unknown;</Code></E>', 'Code')).to.equal(
      'A&B <"/"&unknown;',
    );
  });

  it('is empty for an element that is not there, or has no end', () => {
    expect(textOf('<E></E>', 'Code')).to.equal('');
    expect(textOf('<E><Code>x', 'Code')).to.equal('');
  });

  it('is every element of a name, over lines', () => {
    expect(elements('<A>1</A>\n<B/><A>\n2</A>', 'A')).to.deep.equal(['1', '\n2']);
  });
});
