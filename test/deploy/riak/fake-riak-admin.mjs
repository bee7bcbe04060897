#!/usr/bin/env node
/**
 * `riak admin bucket-type` as Riak KV 3.2 answers it, word for word. Its cluster is the JSON file
 * that FAKE_RIAK names: { types: { name: { props, active, notReadyFor } }, calls,
 * newTypesNotReadyFor, down }.
 */
import { readFileSync, writeFileSync } from 'node:fs';

const file = process.env['FAKE_RIAK'] ?? '';
/**
 * @typedef {{ props: Record<string, unknown>, active: boolean, notReadyFor: number }} BucketType
 * @type {{ types: Record<string, BucketType>, calls?: string[], newTypesNotReadyFor?: number, down?: boolean }}
 */
const cluster = JSON.parse(readFileSync(file, 'utf8'));
const [group = '', command, name = '', json = ''] = process.argv.slice(2);

/** What a status shows beside what was given at creation. */
const defaults = { allow_mult: true, basic_quorum: false, dvv_enabled: true, n_val: 3, notfound_ok: true };

/**
 * @param {number} status
 * @param {...string} lines
 * @returns {never}
 */
function end(status, ...lines) {
  writeFileSync(file, JSON.stringify(cluster));
  console.log(lines.join('\n'));
  process.exit(status);
}

/** @param {BucketType | undefined} type */
function status(type) {
  if (type === undefined) return `${name} is not an existing bucket type`;
  if (type.active) return `${name} is active`;
  if (type.notReadyFor > 0) return `${name} has been created but cannot be activated yet`;
  return `${name} has been created and may be activated`;
}

/** @param {unknown} value */
function shown(value) {
  return typeof value === 'string' && value !== 'counter' ? `<<"${value}">>` : value;
}

cluster.calls = [...(cluster.calls ?? []), process.argv.slice(2).join(' ')];
if (cluster.down) end(1, 'Node did not respond to ping!');
if (group !== 'bucket-type') end(1, `unknown command ${group}`);
const type = cluster.types[name];
switch (command) {
  case 'status': {
    const lines = [status(type)];
    if (type !== undefined) {
      const props = { ...defaults, ...type.props, active: type.active };
      lines.push('', ...Object.entries(props).map(([key, value]) => `${key}: ${shown(value)}`));
      if (type.notReadyFor > 0) type.notReadyFor -= 1;
    }
    end(type === undefined ? 1 : 0, ...lines);
    break;
  }
  case 'create': {
    if (type?.active) end(0, `Error creating bucket type ${name}:`, 'already_active');
    const { props } = JSON.parse(json);
    if (props.n_val > 5) end(0, `Error creating bucket type ${name}:`, 'n_val must be an integer');
    cluster.types[name] = { props, active: false, notReadyFor: cluster.newTypesNotReadyFor ?? 0 };
    end(0, `${name} created`, '', `WARNING: After activating ${name}, nodes in this cluster`);
    break;
  }
  case 'activate':
    if (type === undefined || type.notReadyFor > 0) end(1, status(type));
    type.active = true;
    end(0, `${name} has been activated`);
    break;
  default:
    end(1, `unknown command ${command}`);
}
