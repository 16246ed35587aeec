import { expect, test } from 'vitest';
import type { FigOfShop } from '../support/fig-of-shop.ts';
import { type LandedApart, landApart } from '../support/land-apart.ts';
import type { MariadbShop, ShopKind } from '../support/mariadb-shop.ts';
import { until } from '../support/until.ts';

interface World {
  readonly shop: MariadbShop;
  readonly kind: ShopKind;
  readonly ours: FigOfShop;
}

const anew = 'Land anew: see "To land anew" in docs/mysql-family.md.';

/** Each goes on where the one before has left the shop, and its tables. */
export function isChangedUnderneath(world: () => World): void {
  test('goes on when a column comes, stops when what has landed is changed underneath, and is right when it has landed anew', async () => {
    const { shop, kind, ours } = world();
    const apart = (...tables: string[]): Promise<LandedApart> => landApart(shop, kind, ours.target.url, tables);
    await using renamed = await apart('heartbeat');
    await using gone = await apart('notes');
    await using lessened = await apart('coupons');
    await using retitled = await apart('suppliers');

    await shop.pool.query('ALTER TABLE orders ADD COLUMN note varchar(20)');
    await shop.pool.query(`UPDATE orders SET status = 'paid', note = 'new' WHERE id = 56`);
    await ours.untilRight();

    await shop.pool.query('ALTER TABLE heartbeat RENAME TO pulse');
    await shop.pool.query('DROP TABLE notes');
    await shop.pool.query('ALTER TABLE coupons DROP COLUMN hint');
    await shop.pool.query('ALTER TABLE suppliers RENAME COLUMN name TO title');
    await shop.pool.query('ALTER TABLE order_items MODIFY quantity decimal(10, 2) NOT NULL');
    await shop.pool.query('UPDATE order_items SET quantity = 2.50 WHERE id = 61');
    for (const [landed, how] of [
      [renamed, 'heartbeat was changed: it was renamed'],
      [gone, 'notes was changed: it was dropped'],
      [lessened, 'coupons was changed: its column hint is gone'],
      [retitled, 'suppliers was changed: its column name is gone'],
    ] as const) {
      const refusal = await until(how, () => landed.refusal(), 60_000);
      expect(refusal).toEqual({ code: 'FIG_SOURCE_CHANGED', message: expect.stringContaining(how), remedy: anew });
    }
    await until('fig says why nothing lands', () => saysWhy(ours, 'FIG_SOURCE_CHANGED', anew), 60_000);
    // Found in the messages, or in the catalog by a landing that begins just then.
    expect((await ours.fig.status()).capture?.error).toContain('quantity was integer and is numeric');

    await shop.pool.query(`CREATE TABLE notes (id int PRIMARY KEY, line varchar(20) NOT NULL)`);
    await shop.pool.query(`INSERT INTO notes VALUES (2, 'made again')`);
    await shop.snapshotAnew();
    await ours.landAnew();
    await ours.untilReady();
    await shop.pool.query('UPDATE order_items SET quantity = 3.50 WHERE id = 63');
    await shop.pool.query(`INSERT INTO pulse VALUES (1, NOW(6))`);
    await ours.untilRight();
    await using again = await apart('notes', 'coupons', 'suppliers', 'pulse');
    expect(await again.rows('notes')).toEqual([{ id: 2, line: 'made again' }]);
    expect(await again.rows('coupons')).toEqual([{ id: 1, code: 'spring' }]);
    expect(await again.rows('suppliers')).toEqual([{ id: 1, title: 'Ada & Co' }]);
    expect(await again.rows('pulse')).toHaveLength(1);
  }, 240_000);

  test('stops when the connector has lost its offsets, stays where it is whatever comes, and is right when it has landed anew', async () => {
    const { shop, ours } = world();
    await ours.stepTo('live');
    await ours.untilServed();
    await shop.loseOffsets(() => shop.pool.query('DELETE FROM orders WHERE id IN (101, 102)'));
    await until('fig says why nothing lands', () => saysWhy(ours, 'FIG_TOPIC_GAP', 'Land anew'), 60_000);
    expect((await ours.fig.status()).capture?.error).toContain('the connector has taken another snapshot');
    const [before] = await ours.landed<{ position: string }>('SELECT position::text FROM fig_landing.place');
    // What the gap has left as it was must not be taken for what is there now.
    const cancelled = await ours.ask(103, 'writer', 'POST', '/cancel');
    expect(cancelled.text).toContain('cancelled');
    await shop.pool.query(`REPLACE INTO pulse VALUES (1, NOW(6))`);
    await ours.restart();
    await until('it is said again', () => saysWhy(ours, 'FIG_TOPIC_GAP', 'Land anew'), 60_000);
    expect(await ours.landed('SELECT position::text FROM fig_landing.place')).toEqual([before]);
    expect(await ours.ask(103, 'writer')).toMatchObject({ from: 'legacy', text: expect.stringContaining('cancelled') });

    await shop.snapshotAnew();
    await ours.landAnew();
    await ours.untilReady();
    await shop.pool.query(`UPDATE orders SET status = 'paid' WHERE id = 104`);
    await ours.untilRight();
    await ours.untilServed();
  }, 240_000);
}

/** In its log, with the code and what to do. */
function saysWhy({ fig }: FigOfShop, code: string, remedy: string): boolean {
  const told = fig.output.split('\n').filter((line) => line.includes('do not land; tried again'));
  return told.some((line) => line.includes(code) && line.includes(remedy.replaceAll('"', '\\"')));
}
