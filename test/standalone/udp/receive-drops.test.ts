import { expect } from 'chai';
import { writeFile } from 'node:fs/promises';

import { receiveDrops } from '../../../lib/standalone/udp/receive-drops.js';
import { makeTempDir, removeTempDir } from '../../support/temp-dir.js';

const HEAD =
  '  sl  local_address rem_address   st tx_queue rx_queue tr tm->when retrnsmt   uid  timeout inode ref pointer drops';

function line(local: string, drops: number): string {
  return ` 1234: ${local} 00000000:0000 07 00000000:00000000 00:00000000 00000000     0        0 4242 2 ffff8881 ${drops}`;
}

describe('what the system drops', () => {
  it('is counted over the sockets of a port, of both families', async () => {
    const directory = await makeTempDir();
    const zero = '0'.repeat(32);
    await writeFile(
      `${directory}/udp`,
      [HEAD, line('0100007F:1B39', 5), line('00000000:1B3A', 70), ''].join('\n'),
    );
    await writeFile(`${directory}/udp6`, [HEAD, line(`${zero}:1B39`, 2), ''].join('\n'));
    expect(await receiveDrops(6969, directory)).to.equal(7);
    expect(await receiveDrops(9, directory)).to.equal(0);
    await removeTempDir(directory);
  });

  it('is not known where the system does not tell', async () => {
    expect(await receiveDrops(6969, '/nowhere')).to.equal(undefined);
  });
});
