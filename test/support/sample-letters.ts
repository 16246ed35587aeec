import type { DeadLetterDesk, DeadLetterReport } from '../../src/app/dead-letter-reports.ts';
import { FigError } from '../../src/kernel/fig-error.ts';

export interface SampleLetters extends DeadLetterDesk {
  current: readonly DeadLetterReport[];
  /** Orders, as they were given. */
  readonly orders: unknown[];
}

export const sampleLetter: DeadLetterReport = {
  id: 12,
  feature: 'orders',
  readModel: 'order_summary',
  kind: 'build',
  key: '4711',
  source: undefined,
  sourceKey: undefined,
  code: '23514',
  message: 'new row for relation "order_summary" violates check constraint "order_summary_total"',
  attempts: 7,
  changesSince: 3,
  firstAt: '2026-01-01T00:00:00.000Z',
  lastAt: '2026-01-01T00:01:00.000Z',
  nextAt: '2026-01-01T00:02:00.000Z',
};

/** One that a handler did not take. */
export const sampleChange: DeadLetterReport = {
  ...sampleLetter,
  id: 14,
  kind: 'change',
  key: undefined,
  source: 'public.orders',
  sourceKey: ['7'],
};

/** A desk with two letters. */
export function sampleLetters(): SampleLetters {
  const dirty: DeadLetterReport = {
    ...sampleLetter,
    id: 13,
    kind: 'dirty',
    key: undefined,
    source: 'public.items',
    sourceKey: ['7', '\u001B[31m'],
    code: 'TypeError',
    message: 'x is not a function',
    nextAt: undefined,
  };
  const orders: unknown[] = [];
  const desk: SampleLetters = {
    current: [sampleLetter, dirty],
    orders,
    list: async (feature) => {
      if (feature !== undefined && feature !== 'orders') throw new FigError('FIG_UNKNOWN_FEATURE', 'there is none');
      return { letters: desk.current };
    },
    find: async (id) => {
      const found = desk.current.find((letter) => letter.id === id);
      if (!found) throw new FigError('FIG_UNKNOWN_DEAD_LETTER', `there is no dead letter ${id}`);
      return found;
    },
    retry: async (order) => {
      orders.push(order);
      return { ids: order.id === undefined ? desk.current.map(({ id }) => id) : [order.id] };
    },
    discard: async (id, order) => {
      if (order.why === '') throw new FigError('FIG_WHY_REQUIRED', 'say why');
      orders.push({ id, ...order });
      return { ids: [id] };
    },
  };
  return desk;
}
