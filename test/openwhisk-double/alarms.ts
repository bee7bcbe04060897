/**
 * A stand-in for the alarms package: takes the feed's calls, and fires a trigger when a test says
 * so.
 */

import { isObject, type JsonObject } from './json.js';
import { Rejection } from './replies.js';

export interface Alarm {
  /** Without namespace. */
  readonly trigger: string;
  readonly minutes: number;
  readonly payload: JsonObject;
}

/** Feeds of the package, as `package/feed`. */
export const ALARM_FEEDS = ['alarms/interval', 'alarms/alarm', 'alarms/once'];

export class Alarms {
  private readonly byTrigger = new Map<string, Alarm>();

  /** @param fire fires a trigger with a payload */
  constructor(private readonly fire: (trigger: string, payload: JsonObject) => void) {}

  all(): readonly Alarm[] {
    return [...this.byTrigger.values()];
  }

  /**
   * What the real feed would do when its time has come.
   * @throws Error if no alarm was set for the trigger
   */
  ring(trigger: string): void {
    const alarm = this.byTrigger.get(trigger);
    if (alarm === undefined) throw new Error(`no alarm for the trigger ${trigger}`);
    this.fire(trigger, alarm.payload);
  }

  /**
   * A call of the feed action.
   * @throws Rejection 502 for what the feed would refuse
   */
  call(parameters: JsonObject): JsonObject {
    const { lifecycleEvent, triggerName } = parameters;
    if (typeof triggerName !== 'string') throw new Rejection(502, 'no trigger name parameter was provided');
    const trigger = triggerName.split('/').at(-1) ?? '';
    if (lifecycleEvent === 'CREATE' || lifecycleEvent === 'UPDATE') return this.set(trigger, parameters);
    const alarm = this.byTrigger.get(trigger);
    if (alarm === undefined) throw new Rejection(502, 'could not find the trigger in the database');
    if (lifecycleEvent === 'READ') {
      return { status: { active: true }, config: { name: trigger, minutes: alarm.minutes } };
    }
    if (lifecycleEvent !== 'DELETE') throw new Rejection(502, 'unsupported lifecycleEvent');
    this.byTrigger.delete(trigger);
    return { status: 'success' };
  }

  private set(trigger: string, parameters: JsonObject): JsonObject {
    const minutes = Number(parameters['minutes']);
    if (!(minutes >= 1)) throw new Rejection(502, 'interval trigger feed missing the minutes parameter');
    const payload = parameters['trigger_payload'];
    this.byTrigger.set(trigger, { trigger, minutes, payload: isObject(payload) ? payload : {} });
    return { status: 'success' };
  }
}
