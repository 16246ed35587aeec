import { expect, test } from 'vitest';
import { type Answer, FigOfShop } from '../support/fig-of-shop.ts';
import type { MariadbShop, ShopKind } from '../support/mariadb-shop.ts';
import { until } from '../support/until.ts';

/** Without an account at the server, where time takes the place of positions. */
export function doesWithoutAnAccount(world: () => { readonly shop: MariadbShop; readonly kind: ShopKind }): void {
  let settled: FigOfShop | undefined;

  test('does without an account: it waits for a message of each table, and its read model is right', async () => {
    const { shop, kind } = world();
    settled = await FigOfShop.start(shop, kind, {
      LEGACY_DATABASE_URL: undefined,
      FIG_LEGACY_NAME: 'shop',
      FIG_SETTLE: '2s',
    });
    const told = settled;
    await until(
      'it is said what is waited for',
      async () => JSON.stringify(await told.fig.status()).includes('shop.refunds has no message'),
      60_000,
    );
    await shop.pool.query('INSERT INTO refunds (order_id, amount) VALUES (20, 1.50)');
    await settled.untilReady();
    await settled.untilRight();
  }, 240_000);

  test('finds a row that is wrong without an account, and says that this rests on time', async () => {
    const { shop } = world();
    const asked = settled!;
    await asked.stepTo('shadow');
    // It puts right what it finds.
    await until(
      'the first comparison with legacy is over',
      async () => {
        const { features } = await asked.fig.status();
        return features[0]?.readModel?.reconciliation;
      },
      60_000,
    );
    await asked.wreck(44);
    await until(
      'the wrong row is found',
      async () => {
        await asked.ask(44);
        const verdicts = await asked.verdicts();
        if ((verdicts['mismatch settled'] ?? 0) > 0) return true;
        throw new Error(JSON.stringify(verdicts));
      },
      120_000,
    );
    expect(await asked.verdicts()).not.toHaveProperty('mismatch');
    await shop.pool.query(`UPDATE orders SET status = 'cancelled' WHERE id = 44`);
    await asked.untilRight();
  }, 180_000);

  test('without an account who has written reads from legacy until the write has landed, and nobody calls the read model wrong', async () => {
    await using asked = settled!;
    settled = undefined;
    await asked.stepTo('live');
    // Reads of the wrong row wait by the hundred, and each of them is judged for as long as six rounds take.
    await asked.restart();
    await asked.untilServed();
    const before = await asked.verdicts();
    await using held = await asked.holdLanding();
    expect((await asked.ask(130, 'writer', 'POST', '/cancel')).text).toContain('cancelled');
    const answers: string[] = [];
    const sources = new Set<string>();
    const askAsWriter = async (): Promise<Answer> => {
      const answer = await asked.ask(130, 'writer');
      answers.push(JSON.parse(answer.text).status);
      return answer;
    };
    await until('the write has a step, for which the writer waits in vain', async () => {
      const { from, reason } = await askAsWriter();
      sources.add(from);
      return reason?.includes('fence');
    });
    expect([...sources]).toEqual(['legacy']);
    expect(await asked.ask(130)).toMatchObject({ from: 'candidate' });
    await until(
      'of what has not landed nothing is said',
      async () => {
        await asked.ask(130);
        const verdicts = await asked.verdicts();
        if ((verdicts['undetermined fence-budget'] ?? 0) > 0) return true;
        throw new Error(JSON.stringify(verdicts));
      },
      60_000,
    );
    expect((await asked.verdicts())['mismatch settled']).toBe(before['mismatch settled']);
    await held[Symbol.asyncDispose]();
    await until(
      'own writes are read from the read model again',
      async () => (await askAsWriter()).from === 'candidate',
      60_000,
    );
    expect(new Set(answers)).toEqual(new Set(['cancelled']));
  }, 240_000);
}
