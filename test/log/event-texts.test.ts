import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { expect } from 'chai';

import { eventsWithTexts, textOfEvent, textOfField } from '../../lib/log/event-texts.js';

const lib = fileURLToPath(new URL('../../lib', import.meta.url));

/** Every event that a line of code names. */
function eventsOfCode(): Set<string> {
  const files = readdirSync(lib, { recursive: true, encoding: 'utf8' }).filter((file) =>
    file.endsWith('.ts'),
  );
  const events = files.flatMap((file) =>
    Array.from(
      readFileSync(join(lib, file), 'utf8').matchAll(/[lL]og\.(?:error|warn|info|debug)\(\s*'([^']+)'/g),
      ([, event = '']) => event,
    ),
  );
  return new Set(events);
}

describe('The text of an event', () => {
  it('is a phrase of words for every event in the code', () => {
    const events = eventsOfCode();
    expect(events.size).to.be.above(30);
    for (const event of events) {
      expect(textOfEvent(event), event).to.match(/^[A-Z][A-Za-z.-]*( [\w.,'-]+)*$/);
    }
  });

  it('belongs to an event that there is', () => {
    expect(eventsWithTexts.filter((event) => !eventsOfCode().has(event))).to.deep.equal([]);
  });

  it('is made of the name where there is none', () => {
    expect(textOfEvent('purge failed')).to.equal('Purge failed');
    expect(textOfEvent('riak node up')).to.equal('Riak node up');
    expect(textOfEvent('udp address not bound')).to.equal('UDP address not bound');
    expect(textOfEvent('')).to.equal('');
  });

  it('has the names of fields as words', () => {
    expect(textOfField('maxConnections')).to.equal('max connections');
    expect(textOfField('udpPort')).to.equal('UDP port');
  });
});
