import { expect } from 'chai';
import { rename, writeFile } from 'node:fs/promises';
import { join } from 'node:path';

import { ConfigError, parseConfig } from '../../../lib/config.js';
import { createPolicy } from '../../../lib/policy/create-policy.js';
import type { Policies } from '../../../lib/policy/policies.js';
import { ListError } from '../../../lib/policy/lists/list-index.js';
import { MemoryStore } from '../../support/memory-store.js';
import { RecordingLog } from '../../support/recording-log.js';
import { rejectionOf } from '../../support/rejection.js';
import { makeTempDir, removeTempDir } from '../../support/temp-dir.js';
import { announceRequest } from '../keys/support.js';

describe('a list of clients in a file', () => {
  let directory: string;
  let path: string;
  let milliseconds = 1_700_000_000_000;
  let policy: Policies;
  const log = new RecordingLog();

  beforeEach(async () => {
    directory = await makeTempDir();
    path = join(directory, 'clients');
    const made = createPolicy(
      {
        config: parseConfig({ CLIENT_MODE: 'deny', CLIENT_FILE: path, LIST_SECONDS: '60' }),
        store: new MemoryStore({ concurrency: 'compare-and-swap' }),
        clock: { now: () => milliseconds },
        random: () => 0.5,
        log,
      },
      'long',
    );
    if (made === undefined) throw new Error('there is no policy');
    policy = made;
  });

  afterEach(() => removeTempDir(directory));

  const told = async (peerId: string): Promise<string | undefined> =>
    (await policy.announce(announceRequest({ peerId: Buffer.from(`${peerId}-abcdefghijkl`) })))?.message;

  it('is read again when it has changed, within LIST_SECONDS or when that is asked for', async () => {
    await writeFile(path, '# old\n-TR2 Transmission 2\n');
    expect(await told('-TR2940')).to.match(/Transmission 2\.9\.4/);
    expect(await told('-UT2210')).to.equal(undefined);
    await writeFile(`${path}.new`, '-UT\n');
    await rename(`${path}.new`, path);
    milliseconds += 60_000;
    expect(await told('-TR2940')).to.equal(undefined);
    expect(await told('-UT2210')).to.match(/uTorrent/);
    await writeFile(path, '');
    await policy.reload();
    expect(await told('-UT2210')).to.equal(undefined);
    expect(policy.figures().clients).to.include({ entries: 0, problem: undefined });
  });

  it('with a wrong line is none: the line is named, and the old list stays', async () => {
    await writeFile(path, '-TR2\n');
    await policy.reload();
    await writeFile(path, `-UT\n${'x'.repeat(21)}\n`);
    const error = await rejectionOf(policy.reload());
    expect(error).to.be.instanceOf(ListError);
    expect(String(error)).to.contain(`CLIENT_FILE ${path}: line 2: takes the beginning of a peer id`);
    expect([await told('-TR2940'), await told('-UT2210')].map((text) => text !== undefined)).to.deep.equal([
      true,
      false,
    ]);
    expect(policy.notes()[0]).to.match(/^the list of clients cannot be read/);
  });

  it('takes CLIENT_MODE beside it', () => {
    expect(() => parseConfig({ CLIENT_FILE: path })).to.throw(ConfigError, /CLIENT_FILE/);
  });
});
