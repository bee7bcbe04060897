import { setImmediate as turn, setTimeout as delay } from 'node:timers/promises';
import { expect } from 'chai';
import fc from 'fast-check';

import { WorkQueue, type Work } from '../../lib/standalone/work-queue.js';

/** Work that notes what becomes of it. */
class Task implements Work {
  isGone = false;
  state: 'new' | 'under way' | 'given up' = 'new';

  constructor(
    readonly cost: number,
    private readonly started: Task[] = [],
  ) {}

  start(): void {
    this.state = 'under way';
    this.started.push(this);
  }

  giveUp(): void {
    this.state = 'given up';
  }
}

const WAIT_MS = 1000;

function subject() {
  const clock = { now: 0 };
  const started: Task[] = [];
  const queue = new WorkQueue(WAIT_MS, () => clock.now, 10, 8);
  const add = (cost: number): Task => {
    const task = new Task(cost, started);
    queue.add(task);
    return task;
  };
  return { clock, started, queue, add };
}

describe('the work of all connections', () => {
  it('is begun at once while there is room, and else when other work is done, in its order', () => {
    const { queue, add } = subject();
    const first = Array.from({ length: 10 }, () => add(1));
    const late = [add(1), add(1)];
    expect(first.every(({ state }) => state === 'under way')).to.equal(true);
    expect(late.map(({ state }) => state)).to.deep.equal(['new', 'new']);
    queue.done(first[0] ?? add(1));
    expect(late.map(({ state }) => state)).to.deep.equal(['under way', 'new']);
  });

  it('has one large part begun in a turn of the event loop, and small ones before', async () => {
    const { queue, add, started } = subject();
    const large = [add(8), add(8), add(8)];
    const small = add(1);
    expect(started).to.deep.equal([large[0], small]);
    queue.done(started[0] ?? small);
    expect(started).to.have.length(2);
    await turn();
    expect(started).to.deep.equal([large[0], small, large[1]]);
  });

  it('is begun, however large, if little else is under way', () => {
    const { add } = subject();
    expect(add(500).state).to.equal('under way');
    expect(add(5).state).to.equal('new');
  });

  it('is given up when it has waited too long, and told so', () => {
    const { queue, add, clock } = subject();
    for (let i = 0; i < 10; i++) add(1);
    const waiting = [add(1), add(5)];
    clock.now = WAIT_MS - 1;
    queue.expire();
    expect(waiting.map(({ state }) => state)).to.deep.equal(['new', 'new']);
    clock.now = WAIT_MS;
    queue.expire();
    expect(waiting.map(({ state }) => state)).to.deep.equal(['given up', 'given up']);
    expect(queue.waiting).to.equal(0);
  });

  it('is given up without a word when its client is gone', () => {
    const { queue, add } = subject();
    const first = Array.from({ length: 10 }, () => add(1));
    const gone = add(1);
    const here = add(1);
    gone.isGone = true;
    queue.done(first[0] ?? gone);
    expect([gone.state, here.state]).to.deep.equal(['new', 'under way']);
  });

  it('is given up so where it is large, too, and its turn is that of the next', async () => {
    const { queue, add } = subject();
    const first = add(8);
    const gone = [add(8), add(8)];
    const here = add(8);
    for (const task of gone) task.isGone = true;
    queue.done(first);
    for (let i = 0; i < 100 && here.state === 'new'; i++) await delay(1);
    expect(here.state).to.equal('under way');
    expect(gone.map(({ state }) => state)).to.deep.equal(['new', 'new']);
    expect(queue.waiting).to.equal(0);
  });

  it('never costs more at once than it may, and all of it is begun or given up', async () => {
    const step = fc.record({
      add: fc.option(fc.integer({ min: 1, max: 8 }), { nil: undefined }),
      done: fc.boolean(),
      wait: fc.nat({ max: 400 }),
      isGone: fc.boolean(),
    });
    await fc.assert(
      fc.asyncProperty(fc.array(step, { maxLength: 80 }), async (steps) => {
        const { queue, add, clock, started } = subject();
        const tasks: Task[] = [];
        let finished = 0;
        const finishOne = (): void => {
          const task = started[finished];
          if (task === undefined) return;
          finished++;
          queue.done(task);
        };
        const check = (): void => {
          const cost = (some: Task[]): number => some.reduce((sum, task) => sum + task.cost, 0);
          const underWay = started.slice(finished);
          expect(cost(underWay), 'all work').to.be.at.most(10);
          expect(cost(underWay.filter((task) => task.cost > 4)), 'large work').to.be.at.most(8);
        };
        for (const { add: cost, done, wait, isGone } of steps) {
          clock.now += wait;
          if (cost !== undefined) {
            const task = add(cost);
            tasks.push(task);
            if (task.state === 'new') task.isGone = isGone;
          }
          if (done) finishOne();
          check();
          await turn();
          check();
        }
        for (let i = 0; i < tasks.length * 3; i++) {
          finishOne();
          await turn();
        }
        expect(queue.waiting).to.equal(0);
        expect(tasks.filter((task) => task.state === 'new' && !task.isGone)).to.deep.equal([]);
      }),
      { numRuns: 100 },
    );
  });
});
