/** JSON as OpenWhisk's documents use it. */

export type Json = null | boolean | number | string | readonly Json[] | JsonObject;

export interface JsonObject {
  readonly [key: string]: Json;
}

export function isObject(value: Json | undefined): value is JsonObject {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

/**
 * A list of `{key, value}`, as parameters and annotations are written, as an object: the last of a
 * key wins.
 */
export function fromKeyValues(list: Json | undefined): JsonObject {
  if (!Array.isArray(list)) return {};
  const pairs = (list as readonly Json[]).filter(isObject);
  return Object.fromEntries(pairs.map(({ key, value }) => [textOf(key), value ?? null]));
}

export function toKeyValues(object: JsonObject): readonly JsonObject[] {
  return Object.entries(object).map(([key, value]) => ({ key, value }));
}

/** For messages and keys: a text as it is, anything else as JSON. */
export function textOf(json: Json | undefined): string {
  return typeof json === 'string' ? json : JSON.stringify(json ?? null);
}

/** @throws SyntaxError if it is no JSON */
export function parseJson(text: string): Json {
  return JSON.parse(text) as Json;
}
