import { expect } from 'chai';
import fc from 'fast-check';
import { MALFORMED, QueryCursor } from '../../lib/http/query.js';
import { escapedHash } from './support.js';

/** A cursor on the first parameter. */
function first(query: string): QueryCursor {
  const cursor = new QueryCursor(query);
  expect(cursor.next()).to.equal(true);
  return cursor;
}

/** The text of every value of `name`, in order. */
function valuesOf(query: string, name: string): (string | undefined)[] {
  const cursor = new QueryCursor(query);
  const values: (string | undefined)[] = [];
  while (cursor.next()) if (cursor.nameIs(name)) values.push(cursor.textValue(1000));
  return values;
}

function countParameters(query: string): number {
  const cursor = new QueryCursor(query);
  let count = 0;
  while (cursor.next()) count++;
  return count;
}

function bytesOf(query: string, room = 20): Buffer | number {
  const target = Buffer.alloc(room);
  const length = first(query).decodeValue(target);
  return length >= 0 && length <= room ? target.subarray(0, length) : length;
}

describe('QueryCursor', () => {
  it('walks the parameters in order', () => {
    expect(valuesOf('a=1&b=2&a=3', 'a')).to.deep.equal(['1', '3']);
    expect(valuesOf('a=1&b=2&a=3', 'b')).to.deep.equal(['2']);
  });

  it('finds no parameter in an empty query', () => {
    expect(new QueryCursor('').next()).to.equal(false);
  });

  it('stays at the end', () => {
    const cursor = new QueryCursor('a=1');
    expect([cursor.next(), cursor.next(), cursor.next()]).to.deep.equal([true, false, false]);
  });

  it('ends a name at the first equals sign, so that a value may hold more of them', () => {
    expect(valuesOf('a=b=c==', 'a')).to.deep.equal(['b=c==']);
  });

  it('gives a parameter without an equals sign an empty value', () => {
    expect(valuesOf('a&b=1', 'a')).to.deep.equal(['']);
    expect(valuesOf('a=&b=1', 'a')).to.deep.equal(['']);
  });

  it('does not take the value of the next parameter for its own', () => {
    expect(valuesOf('a&a=1', 'a')).to.deep.equal(['', '1']);
  });

  it('takes empty names for parameters that nobody asks for', () => {
    expect(valuesOf('=1&&=&a=2&', 'a')).to.deep.equal(['2']);
    expect(valuesOf('=1', '')).to.deep.equal(['1']);
  });

  it('does not separate at a semicolon, a question mark or a hash', () => {
    expect(valuesOf('a=1;b=2?c=3#d=4', 'a')).to.deep.equal(['1;b=2?c=3#d=4']);
  });

  it('unescapes names', () => {
    expect(valuesOf('%69nfo_%68ash=x', 'info_hash')).to.deep.equal(['x']);
    expect(valuesOf('%61%3D=x', 'a=')).to.deep.equal(['x']);
  });

  it('matches whole names only', () => {
    for (const query of ['port1=x', 'por=x', 'PORT=x', '%70or=x', 'port%00=x', '+port=x', 'port+=x']) {
      expect(valuesOf(query, 'port'), query).to.deep.equal([]);
    }
  });

  it('matches no name that has a broken escape or a raw byte beyond ASCII', () => {
    for (const query of ['por%7=x', 'por%=x', 'por%zz=x', 'por\u00f4=x', '%7', '%', 'por%7&t=x']) {
      expect(valuesOf(query, 'port'), query).to.deep.equal([]);
    }
  });

  it('compares values unescaped, without blanks around them', () => {
    expect(first('a=st%61rted').valueIs('started')).to.equal(true);
    for (const value of ['started+', '%20started', '+%0d%0astarted%09%20', ' started '])
      expect(first(`a=${value}`).valueIs('started'), value).to.equal(true);
    for (const value of ['start+ed', 'started%00', 'started%', 'started%2', 'started%2+', '%+started'])
      expect(first(`a=${value}`).valueIs('started'), value).to.equal(false);
    expect(first('a=+%20').valueIs('')).to.equal(true);
    expect(first('a=starte').valueIs('started')).to.equal(false);
    expect(first('a=').valueIs('')).to.equal(true);
  });

  describe('decodeValue', () => {
    it('decodes each of the 256 bytes from an upper-case and a lower-case escape', () => {
      for (let byte = 0; byte < 256; byte++) {
        const hex = byte.toString(16).padStart(2, '0');
        expect(bytesOf(`a=%${hex}`), hex).to.deep.equal(Buffer.from([byte]));
        expect(bytesOf(`a=%${hex.toUpperCase()}`), hex).to.deep.equal(Buffer.from([byte]));
      }
    });

    it('takes an ASCII character for its byte, but for the separator, the escape and the plus sign', () => {
      for (let byte = 0; byte < 0x80; byte++) {
        const character = String.fromCharCode(byte);
        if ('&%+'.includes(character)) continue;
        expect(bytesOf(`a=${character}`), String(byte)).to.deep.equal(Buffer.from([byte]));
      }
    });

    it('takes a plus sign for a space, and its escape for a plus sign', () => {
      expect(bytesOf('a=+%2b%20')).to.deep.equal(Buffer.from(' + '));
    });

    it('does not unescape twice', () => {
      expect(bytesOf('a=%2541')).to.deep.equal(Buffer.from('%41'));
    });

    it('calls a truncated escape, one that is not hexadecimal and a raw byte beyond ASCII malformed', () => {
      for (const value of [
        '%',
        '%4',
        'x%',
        '%4&b=1',
        '%&41',
        '%g0',
        '%0g',
        '%%41',
        '%+1',
        '% 1',
        '%-1',
        '\u0080',
        '\u00ff',
        '\u0141',
      ]) {
        expect(bytesOf(`a=${value}`), value).to.equal(MALFORMED);
      }
    });

    it('never looks for hexadecimal digits beyond the end of the value', () => {
      expect(bytesOf('a=%4&1=1')).to.equal(MALFORMED);
    });

    it('says how many bytes there are, up to one more than there is room for', () => {
      expect(bytesOf('a=')).to.deep.equal(Buffer.alloc(0));
      expect(bytesOf('a=12', 2)).to.deep.equal(Buffer.from('12'));
      expect(bytesOf('a=123', 2)).to.equal(3);
      expect(bytesOf('a=123456', 2)).to.equal(3);
    });

    it('gives back any 20 bytes however they were escaped', () => {
      fc.assert(
        fc.property(escapedHash(), ({ bytes, text }) => {
          expect(bytesOf(`a=${text}&b=1`)).to.deep.equal(bytes);
        }),
      );
    });
  });

  describe('integerValue', () => {
    const integer = (value: string): number | undefined => first(`a=${value}&b=1`).integerValue();

    it('reads decimal digits', () => {
      expect(integer('0')).to.equal(0);
      expect(integer('51413')).to.equal(51413);
      expect(integer('%35%31')).to.equal(51);
      expect(integer('9007199254740991')).to.equal(Number.MAX_SAFE_INTEGER);
    });

    it('reads leading zeros', () => {
      expect(integer('0000000000000000000000080')).to.equal(80);
    });

    it('skips blanks around it', () => {
      for (const value of ['+1', '1+', '%201', '1%20', '1%0d%0a', '%09+1+%09', ' 1 '])
        expect(integer(value), value).to.equal(1);
    });

    it('takes what is too large for the largest safe integer', () => {
      expect(integer('99999999999999999999')).to.equal(Number.MAX_SAFE_INTEGER);
      expect(integer('9'.repeat(2000))).to.equal(Number.MAX_SAFE_INTEGER);
    });

    it('refuses everything else', () => {
      for (const value of [
        '',
        '-1',
        '%2b1',
        '1e3',
        '0x50',
        '1.0',
        '1,0',
        ' ',
        '1+1',
        '%2+',
        'abc',
        '1%',
        '1%3',
        '\u0661',
        '%00',
        '1\u0000',
        'NaN',
        'Infinity',
      ]) {
        expect(integer(value), JSON.stringify(value)).to.equal(undefined);
      }
    });
  });

  describe('textValue', () => {
    it('gives the unescaped text', () => {
      expect(first('a=%5B2001:db8%3A%3A1]+x').textValue(64)).to.equal('[2001:db8::1] x');
      expect(first('a').textValue(64)).to.equal('');
    });

    it('gives none that is longer than allowed', () => {
      expect(first('a=1234').textValue(4)).to.equal('1234');
      expect(first('a=12345').textValue(4)).to.equal(undefined);
    });

    it('gives none that is malformed or not ASCII', () => {
      for (const value of ['%', '%zz', '\u00e9', '%c3%a9']) {
        expect(first(`a=${value}`).textValue(64), value).to.equal(undefined);
      }
    });
  });

  it('reads what the platform parser reads, where that one keeps the bytes', () => {
    const word = fc.string({
      unit: fc.constantFrom('a', 'b', '=', '+', '%41', '%2b', '%3D', '%26'),
      maxLength: 6,
    });
    fc.assert(
      fc.property(fc.array(word, { maxLength: 8 }), (words) => {
        const query = words.join('&');
        expect(valuesOf(query, 'a')).to.deep.equal(new URLSearchParams(query).getAll('a'));
      }),
    );
  });

  it('reads a query in time that grows with its length only', () => {
    const hostile = [
      (length: number): string => '&'.repeat(length),
      (length: number): string => '='.repeat(length),
      (length: number): string => '%'.repeat(length),
      (length: number): string => 'a&'.repeat(length / 2),
      (length: number): string => '%61'.repeat(length / 3),
    ];
    for (const make of hostile) {
      const query = make(1_200_000);
      const started = process.hrtime.bigint();
      countParameters(query);
      valuesOf(query, 'info_hash');
      // Quadratic work on a query of this size would take minutes.
      expect(Number(process.hrtime.bigint() - started) / 1e6, query.slice(0, 3)).to.be.below(3000);
    }
  });

  it('counts 10,000 parameters', () => {
    expect(countParameters(Array.from({ length: 10_000 }, (_, i) => `p${i}=${i}`).join('&'))).to.equal(
      10_000,
    );
  });
});
