type Row<Value> = Record<string, Value>;

/**
 * Makes rows of one relation. Objects without a prototype are hash tables in V8, which take several times the memory and
 * time; these have an empty prototype instead, so a column may still have any name, `constructor` and `__proto__` included.
 */
export function rowMaker<Value>(): new () => Row<Value> {
  // oxlint-disable-next-line unicorn/consistent-function-scoping -- a shape of its own needs a constructor of its own
  function Shaped(): void {
    // Columns are added in one order, so all rows of a relation share one shape.
  }
  Shaped.prototype = Object.create(null) as object;
  return Shaped as unknown as new () => Row<Value>;
}
