import { expect } from 'chai';
import { stat } from 'node:fs/promises';
import { join } from 'node:path';

import { actAsOwnerOf, type User } from '../../deploy/act-as-owner.js';
import { makeTempDir, removeTempDir } from '../support/temp-dir.js';

/** A process of a user, and what it became, in order. */
class Subject implements User {
  readonly became: string[] = [];

  constructor(private readonly uid: number) {}

  getuid = (): number => this.uid;
  setgroups = (groups: readonly (string | number)[]): void =>
    void this.became.push(`groups ${groups.join()}`);
  setgid = (id: string | number): void => void this.became.push(`group ${id}`);
  setuid = (id: string | number): void => void this.became.push(`user ${id}`);
}

describe('to act as the owner of a directory', () => {
  let directory: string;

  beforeEach(async () => {
    directory = await makeTempDir();
  });

  afterEach(() => removeTempDir(directory));

  it('is nothing for who is not root', () => {
    const subject = new Subject(1000);
    actAsOwnerOf(directory, subject);
    expect(subject.became).to.deep.equal([]);
  });

  it('is nothing for root where there is no directory yet', () => {
    const subject = new Subject(0);
    actAsOwnerOf(join(directory, 'none'), subject);
    expect(subject.became).to.deep.equal([]);
  });

  it("makes root the directory's user and group, the group first, and is nothing if these are root's own", async () => {
    const { uid, gid } = await stat(directory);
    const subject = new Subject(0);
    actAsOwnerOf(directory, subject);
    expect(subject.became).to.deep.equal(uid === 0 ? [] : [`groups ${gid}`, `group ${gid}`, `user ${uid}`]);
  });
});
