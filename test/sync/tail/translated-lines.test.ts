import { expect, test } from 'vitest';
import { eventRow } from '../../../src/sync/domain-events/event-row.ts';
import { TranslatedLines } from '../../../src/sync/tail/translated-lines.ts';

const event = (id: string) =>
  eventRow({ id, type: 'Paid', key: 'Ada', at: null, data: '{}' }, { position: 16n, committedAtMs: 0 });

test('what several read models translate the same change into is shown once', () => {
  const maker = new TranslatedLines(Buffer.from('secret'));
  const shown = (...ids: readonly string[]) => [...maker.lines({ source: 'public.orders', events: ids.map(event) }, 5)];
  expect(shown('0/10/0/0', '0/10/0/1')).toMatchObject([
    { what: 'event', type: 'Paid', table: 'translation of public.orders', position: '0/10', lagMs: 5 },
    { type: 'Paid', key: expect.stringMatching(/^#[0-9a-f]{12}$/) },
  ]);
  expect(shown('0/10/0/0')).toEqual([]);
  expect(shown('0/10/0/1', '0/20/0/0')).toHaveLength(1);
});
