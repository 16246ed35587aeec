import { expect, test } from 'vitest';
import type { SourceTransaction } from '../../../src/sync/change.ts';
import { building } from './own-projections.ts';
import { picky, withNumber } from './poison-handlers.ts';

function update(endPosition: bigint, id: string, n: string): SourceTransaction {
  const row = { id, grp: `g${id}`, n, rev: '1', big: null, at: '2024-02-29 10:34:56.789012+00' };
  const changes = [{ kind: 'update', table: 'public.moves', oldKey: undefined, row }] as const;
  return { xid: 7, endPosition, committedAtMs: 0, changes, messages: [], relations: [] };
}

test('which keys changes wait for is read again only after a batch that has added one', async () => {
  const { model, refuse } = picky();
  const { target, one } = await building(model);
  while ((await one.buildNext()) > 0);
  refuse(withNumber(666));
  let asked = 0;
  target.on('query', ({ sql }: { sql: string }) => {
    if (sql.includes('coalesce(p.model_keys')) asked += 1;
  });
  await one.apply([update(200n, '3', '666')]);
  expect(one.letters.parked).toEqual(['g3']);
  expect(asked).toBe(1);
  await one.apply([update(300n, '4', '1')]);
  expect(asked).toBe(1);
  await one.apply([update(400n, '3', '7')]);
  expect(asked).toBe(2);
  expect((await target('fig.parked_change').select('id')).length).toBe(2);
});
