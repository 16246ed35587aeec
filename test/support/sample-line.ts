import type { TailLine } from '../../src/sync/tail/tail-line.ts';

export function sampleLine(n: number, over: Partial<TailLine> = {}): TailLine {
  return {
    what: 'change',
    type: 'update',
    table: 'public.orders',
    key: String(n),
    changed: ['status', 'note'],
    position: '0/4A1C2F8',
    committedAt: '2026-01-01T10:15:00.123Z',
    lagMs: 12,
    ...over,
  };
}
