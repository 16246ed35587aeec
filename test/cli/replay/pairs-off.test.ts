import { expect, test } from 'vitest';
import { loadConfig } from '../../../src/config/load-config.ts';
import { openStore } from '../../../src/store/control-store.ts';
import { groupIdOf } from '../../../src/store/group-id.ts';
import { run } from '../run-cli.ts';
import { setStage, type Stage } from './stored-questions.ts';

const says = { legacy: () => ({ total: 10 }), candidate: () => ({ total: 11 }) };
const group = groupIdOf({ feature: 'orders', route: 'GET /orders/:id', path: '$.total', kind: 'value' });

/** Rows of pairs, and of samples, in the control store. */
async function stored({ config }: Stage): Promise<{ pairs: number; samples: number }> {
  const { store = '' } = await loadConfig(config);
  const knex = openStore(store, { applicationName: 'fig test' });
  try {
    const count = async (table: string): Promise<number> => Number((await knex(table).count())[0]?.['count']);
    return { pairs: await count('fig.stored_pair'), samples: await count('fig.difference_sample') };
  } finally {
    await knex.destroy();
  }
}

test('with pairs turned off nothing of them is stored, groups and their samples are, and replay says why it has none', async () => {
  await using stage = await setStage(says, {}, { pairs: false });
  await stage.compare(['/orders/1', '/orders/2']);
  expect(await stored(stage)).toEqual({ pairs: 0, samples: 2 });
  const replay = (...args: string[]): ReturnType<typeof run> =>
    run(['replay', ...args, '--config', stage.config], { cwd: stage.cwd });
  expect((await replay('stored')).stdout).toContain('none is stored of orders: shadow.pairs is false');
  const { stderr } = await replay('--group', group);
  expect(stderr).toContain(`no stored question shows a group "${group}" (none is stored of orders`);
});

test('they are stored where nobody turned them off', async () => {
  await using stage = await setStage(says);
  await stage.compare(['/orders/1', '/orders/2']);
  expect(await stored(stage)).toEqual({ pairs: 2, samples: 2 });
});
