import { leftOut, type Facts, type FactValue } from '../../src/kernel/facts.ts';

/** What can be said of one fact. Where a fact is absent, only `absent` holds. */
export type Condition =
  | { readonly form: 'is'; readonly name: string; readonly value: FactValue }
  | { readonly form: 'is-not'; readonly name: string; readonly value: FactValue }
  | { readonly form: 'one-of'; readonly name: string; readonly values: readonly FactValue[] }
  | { readonly form: 'at-least'; readonly name: string; readonly value: number }
  | { readonly form: 'at-most'; readonly name: string; readonly value: number }
  | { readonly form: 'absent'; readonly name: string };

export function holds(condition: Condition, facts: Facts): boolean {
  const { form, name } = condition;
  if (!Object.hasOwn(facts, name)) return form === 'absent' && !Object.hasOwn(facts, leftOut);
  const value = facts[name]!;
  if (form === 'is') return value === condition.value;
  if (form === 'is-not') return value !== condition.value;
  if (form === 'one-of') return condition.values.includes(value);
  if (form === 'at-least') return typeof value === 'number' && value >= condition.value;
  return form === 'at-most' && typeof value === 'number' && value <= condition.value;
}

/** `$.currency = JPY`, `?page >= 2`, `$.note is absent`, `hour >= 3 (UTC)`. */
export function describeCondition(condition: Condition): string {
  const { form, name } = condition;
  const unit = name === 'hour' ? ' (UTC)' : '';
  if (form === 'absent') return `${name} is absent`;
  if (form === 'one-of') return `${name} is one of ${condition.values.map(valueText).join(', ')}${unit}`;
  const value = valueText(condition.value);
  if (form === 'is-not') return `${name} is not ${value}${unit}`;
  if (form === 'is') return condition.value === null ? `${name} is null` : `${name} = ${value}${unit}`;
  return `${name} ${form === 'at-least' ? '>=' : '<='} ${value}${unit}`;
}

/** Words as they are; what could be taken for a number, or holds a blank or a comma, in quotes. */
function valueText(value: FactValue): string {
  return typeof value === 'string' && !/^(?!true$|false$|null$)[\p{L}_<][\p{L}\p{N}_.:<>/-]*$/u.test(value)
    ? JSON.stringify(value)
    : String(value);
}
