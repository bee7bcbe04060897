import fc from 'fast-check';

/** Bytes at random, or good ones of which some were changed, left out, put in or repeated. */
export function mutants(good: readonly Uint8Array[]): fc.Arbitrary<Buffer> {
  const place = fc.double({ min: 0, max: 1, noNaN: true });
  const change = fc.record({
    kind: fc.constantFrom('change', 'remove', 'insert', 'repeat', 'cut' as const),
    at: place,
    length: fc.integer({ min: 1, max: 40 }),
    bytes: fc.uint8Array({ minLength: 1, maxLength: 40 }),
  });
  const mutated = fc
    .tuple(fc.constantFrom(...good), fc.array(change, { minLength: 1, maxLength: 4 }))
    .map(([bytes, changes]) => {
      let mutant = Buffer.from(bytes);
      for (const { kind, at, length, bytes: other } of changes) {
        const from = Math.floor(at * mutant.length);
        const [before, after] = [mutant.subarray(0, from), mutant.subarray(from)];
        const rest = after.subarray(length);
        if (kind === 'change') mutant = Buffer.concat([before, other, after.subarray(other.length)]);
        else if (kind === 'remove') mutant = Buffer.concat([before, rest]);
        else if (kind === 'insert') mutant = Buffer.concat([before, other, after]);
        else if (kind === 'repeat') mutant = Buffer.concat([before, after.subarray(0, length), after]);
        else mutant = Buffer.from(before);
      }
      return mutant;
    });
  const random = fc.uint8Array({ maxLength: 200 }).map((bytes) => Buffer.from(bytes));
  return fc.oneof({ arbitrary: mutated, weight: 4 }, { arbitrary: random, weight: 1 });
}

/** Good JSON in which one value is another one, or is missing. */
export function jsonMutants(good: readonly object[]): fc.Arbitrary<Buffer> {
  const value = fc.oneof(
    fc.constantFrom(null, 0, 1, -1, 0.5, 1e300, '', 'x', '=', [], {}, true, [['', 0]], [['x', 1]]),
    fc.jsonValue(),
  );
  return fc
    .tuple(fc.constantFrom(...good), fc.nat(), value, fc.boolean())
    .map(([object, which, other, isRemoved]) => {
      const entries = Object.entries(object) as [string, unknown][];
      const at = which % entries.length;
      const changed = isRemoved
        ? entries.filter((_, place) => place !== at)
        : entries.map(([name, old], place) => [name, place === at ? other : old]);
      return Buffer.from(JSON.stringify(Object.fromEntries(changed)));
    });
}
