import { expect } from 'chai';

import { withCause, withProcessReport } from '../../lib/openwhisk/process-report.js';
import { webActionResult, type WebAction, type WebActionResult } from '../../lib/openwhisk/web-action.js';
import { defined } from '../support/defined.js';

const asked = { __ow_headers: { 'x-tracker-probe': '1' } };
const notAsked = { __ow_headers: {} };

/** An action whose runs end when a test says so, the oldest first. */
class HeldAction {
  private readonly ends: (() => void)[] = [];

  readonly run: WebAction = () =>
    new Promise((resolve) => {
      this.ends.push(() => {
        resolve(webActionResult(Buffer.from('de')));
      });
    });

  end(): void {
    defined(this.ends.shift())();
  }
}

function reportOf({ headers }: WebActionResult): { name: string; most: number } {
  const [, name = '', most] = /^([0-9a-f]{8}) (\d+)$/.exec(headers['X-Tracker-Process'] ?? '') ?? [];
  return { name, most: Number(most) };
}

describe("a process's report", () => {
  it('is given to who asks for it, and to nobody else', async () => {
    const action = withProcessReport(() => Promise.resolve(webActionResult(Buffer.from('de'))));
    expect(await action(notAsked)).to.deep.equal(webActionResult(Buffer.from('de')));
    const { headers, body } = await action(asked);
    expect(body).to.equal(webActionResult(Buffer.from('de')).body);
    expect(Object.keys(headers)).to.have.members(['Content-Type', 'X-Tracker-Process']);
  });

  it('has the same name for all runs of a process, and another for another process', async () => {
    const held = [new HeldAction(), new HeldAction()] as const;
    const names = await Promise.all(
      held.map(async ({ run }, i) => {
        const action = withProcessReport(run);
        const runs = [action(asked), action(asked)];
        held[i]?.end();
        held[i]?.end();
        return (await Promise.all(runs)).map((result) => reportOf(result).name);
      }),
    );
    expect(new Set(names[0]).size).to.equal(1);
    expect(new Set(names.flat()).size).to.equal(2);
  });

  it('has the most runs that were under way while the run was, its own and those of others', async () => {
    const held = new HeldAction();
    const action = withProcessReport(held.run);
    const first = action(asked);
    const second = action(notAsked);
    const third = action(asked);
    held.end();
    expect(reportOf(await first).most).to.equal(3);
    held.end();
    await second;
    const fourth = action(asked);
    held.end();
    expect(reportOf(await third).most).to.equal(3);
    held.end();
    expect(reportOf(await fourth).most).to.equal(2);
  });

  it('says one when runs come one after the other, also after one that failed', async () => {
    let fails = true;
    const action = withProcessReport(() =>
      fails ? Promise.reject(new Error('on purpose')) : Promise.resolve(webActionResult(Buffer.from('de'))),
    );
    await action(asked).catch(() => undefined);
    fails = false;
    for (let i = 0; i < 3; i++) expect(reportOf(await action(asked)).most).to.equal(1);
  });

  it('has why a request failed, in printable ASCII, for who asks for it alone', () => {
    const result = webActionResult(Buffer.from('de'));
    const error = new Error('no node\r\nanswers: é', { cause: new TypeError('x'.repeat(600)) });
    expect(withCause(result, notAsked, error)).to.equal(result);
    expect(withCause(result, asked, 'text')).to.equal(result);
    const { headers } = withCause(result, asked, error);
    expect(headers['X-Tracker-Cause'])
      .to.match(/^Error: no node answers: +; TypeError: x+$/)
      .and.have.length(500);
  });
});
