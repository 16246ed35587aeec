import type { CompareRule } from '../../src/config/rule-list.ts';
import { parsePath } from '../../src/config/rule-path.ts';

/** The columns of tables that rules name: `total` of `$.rows[*].total`, and what rows are keyed by. */
export function ruledColumns(rules: readonly CompareRule[]): ReadonlySet<string> {
  return new Set(
    rules.flatMap((rule) => {
      const paths = rule.kind === 'map' ? [rule.path, rule.to] : [rule.path];
      const keys = rule.kind === 'keyed' && rule.path === '$.rows' ? rule.by : [];
      return [...paths.flatMap(columnOf), ...keys];
    }),
  );
}

function columnOf(path: string): string[] {
  const [top, , column] = parsePath(path);
  const isOfRows = top?.kind === 'any' || (top?.kind === 'key' && top.key === 'rows');
  return isOfRows && column?.kind === 'key' ? [column.key] : [];
}
