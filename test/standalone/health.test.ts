import { expect } from 'chai';

import { Health } from '../../lib/standalone/health.js';
import type { Log } from '../../lib/log.js';
import { DeadlineError } from '../../lib/tracker/deadlines.js';

function subject() {
  const state = { nowMs: 1_000_000, healthy: true, hangs: false, checks: 0, errors: 0, warnings: 0 };
  const nothing = (): void => undefined;
  const log: Log = {
    error: () => void (state.errors += 1),
    warn: () => void (state.warnings += 1),
    info: nothing,
    debug: nothing,
  };
  const check = (): Promise<void> => {
    state.checks += 1;
    if (state.hangs) return new Promise(nothing);
    return state.healthy ? Promise.resolve() : Promise.reject(new Error('no'));
  };
  return { state, health: new Health(check, { now: () => state.nowMs }, log, 50) };
}

describe('health', () => {
  it('is that of the store', async () => {
    const { state, health } = subject();
    expect(await health.isHealthy()).to.equal(true);
    state.healthy = false;
    state.nowMs += 1000;
    expect(await health.isHealthy()).to.equal(false);
  });

  it('is asked of the store once a second, however often it is asked for', async () => {
    const { state, health } = subject();
    await Promise.all(Array.from({ length: 100 }, () => health.isHealthy()));
    state.nowMs += 999;
    await health.isHealthy();
    expect(state.checks).to.equal(1);
    state.nowMs += 1;
    await health.isHealthy();
    expect(state.checks).to.equal(2);
  });

  it('is asked again after the clock was set back', async () => {
    const { state, health } = subject();
    await health.isHealthy();
    state.nowMs -= 3_600_000;
    await health.isHealthy();
    expect(state.checks).to.equal(2);
  });

  it('is logged once when it is lost, and again after it came back', async () => {
    const { state, health } = subject();
    for (const healthy of [false, false, true, false]) {
      state.healthy = healthy;
      state.nowMs += 1000;
      await health.isHealthy();
    }
    expect(state.errors).to.equal(2);
    expect(state.warnings).to.equal(1);
  });

  it('is lost, in time, when the store hangs, which is not asked again meanwhile', async () => {
    const { state, health } = subject();
    state.hangs = true;
    for (let i = 0; i < 5; i++) {
      expect(await health.isHealthy()).to.equal(false);
      state.nowMs += 1000;
    }
    expect(state.checks).to.equal(1);
    expect(health.problem).to.be.instanceOf(DeadlineError);
  });
});
