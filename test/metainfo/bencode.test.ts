import { expect } from 'chai';

import { BencodeError, decodeDictionary, isDictionary } from '../../lib/metainfo/bencode.js';

describe('The reading of bencoding', () => {
  const read = (text: string): ReturnType<typeof decodeDictionary> =>
    decodeDictionary(Buffer.from(text, 'latin1'));

  it('keeps every byte of a key', () => {
    const key = String.fromCharCode(...Array.from({ length: 256 }, (_, i) => i));
    const files = read(`d5:filesd256:${key}d8:completei1eeee`).get('files');
    expect(isDictionary(files) ? [...files.keys()] : undefined).to.deep.equal([key]);
  });

  it('has numbers, texts and lists', () => {
    expect([...read('d1:ai-7e1:b2:xy1:cli1ei2eee')]).to.deep.equal([
      ['a', -7],
      ['b', Buffer.from('xy')],
      ['c', [1, 2]],
    ]);
  });

  it('refuses what is cut short, too long, or no dictionary', () => {
    for (const text of [
      '',
      'd',
      'd1:a',
      'd1:ai1e',
      'd5:ae',
      'de ',
      'dede',
      'i1e',
      'le',
      '2:xy',
      'd-1:ae',
      'd1:ai1.5ee',
      '<html>',
    ]) {
      expect(() => read(text), text).to.throw(BencodeError);
    }
  });
});
