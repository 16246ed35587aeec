import type { ShownPair } from '../shown-value.ts';
import { ruleAt, ruleFor, type Cause } from './cause.ts';

function hidesAll(): boolean {
  return true;
}

const order: Cause = {
  name: 'order',
  explain: ({ path, kind, pairs }) => {
    if (kind !== 'order') return undefined;
    const key = keyOfElements(pairs);
    return {
      sentence: 'the same elements stand in another order: sorted by something else, or not sorted at all',
      explained: pairs.length,
      rule: key === undefined ? ruleFor('unordered', path, hidesAll) : ruleAt('keyed', path, key, hidesAll),
    };
  },
};

/** Names of keys by custom. */
const keyName = /^(id|uuid|key|code|sku|slug|number)$|(_id|Id|_key|_no)$/;

/** The first member of all elements whose name is one for keys and whose values are all different. */
function keyOfElements(pairs: readonly ShownPair[]): string | undefined {
  const lists = pairs.flatMap(({ legacy }) =>
    legacy.type === 'container' && Array.isArray(legacy.value) ? [legacy.value as readonly unknown[]] : [],
  );
  const names = lists.flatMap(([first]) => (isRecord(first) ? Object.keys(first) : []));
  return [...new Set(names)]
    .filter((name) => keyName.test(name) && /^[\w-]+$/.test(name))
    .find((name) =>
      lists.every((list) => {
        const values = list.map((element) => (isRecord(element) ? element[name] : undefined));
        const areKeys = values.every((value) => typeof value === 'string' || typeof value === 'number');
        return areKeys && new Set(values).size === values.length;
      }),
    );
}

function isRecord(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

/** Where even the keys of rows differ, other rows are compared with each other. */
const otherRows: Cause = {
  name: 'other-rows',
  explain: ({ path, kind, pairs }) => {
    const [, array, key] = /^(.*)\[\*\]\.(\w+)$/.exec(path) ?? [];
    if (kind !== 'value' || array === undefined || key === undefined || !keyName.test(key)) return undefined;
    return {
      sentence: 'rows are compared that are not the same: some are missing, too many or in another order',
      explained: pairs.length,
      rule: ruleAt('keyed', array, key, undefined),
    };
  },
};

export const listCauses: readonly Cause[] = [order, otherRows];
