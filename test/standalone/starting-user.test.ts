import { expect } from 'chai';

import { asStartingUser } from '../../lib/standalone/starting-user.js';
import { itAsRoot } from '../support/as-root.js';

describe('work as the user that started the process', () => {
  const { seteuid } = process;

  afterEach(() => {
    Object.assign(process, { seteuid });
  });

  it('changes no user if the process still is that user, as Node may refuse any change', async () => {
    Object.assign(process, {
      seteuid: () => {
        throw new Error('seteuid() disabled: io_uring may be enabled.');
      },
    });
    expect(await asStartingUser(() => Promise.resolve('done'))).to.equal('done');
  });

  itAsRoot('is done by that user, and the other one goes on after it', async () => {
    process.seteuid?.(65_534);
    try {
      expect(await asStartingUser(() => Promise.resolve(process.geteuid?.()))).to.equal(0);
      expect(process.geteuid?.()).to.equal(65_534);
    } finally {
      process.seteuid?.(0);
    }
  });
});
