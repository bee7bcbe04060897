import { expect } from 'chai';
import { rename, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';

import { FileList } from '../../../lib/policy/lists/file-list.js';
import { ListError } from '../../../lib/policy/lists/list-index.js';
import { RecordingLog } from '../../support/recording-log.js';
import { rejectionOf } from '../../support/rejection.js';
import { makeTempDir, removeTempDir } from '../../support/temp-dir.js';

const A = Buffer.alloc(20, 0xaa);
const B = Buffer.alloc(20, 0xbb);

describe('a list in a file', () => {
  let directory: string;
  let path: string;
  let milliseconds = 1_700_000_000_000;
  let list: FileList;

  beforeEach(async () => {
    directory = await makeTempDir();
    path = join(directory, 'list');
    const clock = { now: (): number => milliseconds };
    list = new FileList({ path, kind: 'allow', clock, log: new RecordingLog(), seconds: 60 });
  });

  afterEach(() => removeTempDir(directory));

  it('is read again when it has changed, within LIST_SECONDS or when that is asked for', async () => {
    await writeFile(path, `${A.toString('hex')}\n`);
    expect(await list.has(A)).to.equal(true);
    await writeFile(`${path}.new`, `${B.toString('hex')} # other\n`);
    await rename(`${path}.new`, path);
    expect(list.has(B)).to.equal(false);
    milliseconds += 60_000;
    expect([await list.has(A), await list.has(B)]).to.deep.equal([false, true]);
    await writeFile(path, '');
    await list.reload();
    expect(list.has(B)).to.equal(false);
    expect(list.state()).to.include({ entries: 0, problem: undefined });
  });

  it('with a wrong line is none: the line is named, and the old list stays', async () => {
    await writeFile(path, A);
    const first = await rejectionOf(list.reload());
    expect(first).to.be.instanceOf(ListError);
    expect(String(first)).to.contain(`LIST_FILE ${path}: line 1: `);
    await writeFile(path, A.toString('hex'));
    await list.reload();
    await writeFile(path, `${B.toString('hex')}\nnonsense\n`);
    expect(String(await rejectionOf(list.reload()))).to.contain('line 2: "nonsense"');
    expect([list.has(A), list.has(B)]).to.deep.equal([true, false]);
    await rm(path);
    await rejectionOf(list.reload());
    expect([list.has(A), list.has(B)]).to.deep.equal([true, false]);
  });
});
