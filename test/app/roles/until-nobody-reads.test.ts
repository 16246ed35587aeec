import { Client } from 'pg';
import { expect, test } from 'vitest';
import { HeardReadModels } from '../../../src/app/roles/heard-read-models.ts';
import { storedFigures } from '../../../src/app/roles/read-model-figures.ts';
import { untilNobodyReads } from '../../../src/app/roles/until-nobody-reads.ts';
import { machineNow } from '../../../src/kernel/machine-time.ts';
import { readStates, takeClaim, tellStates } from '../../../src/store/read-model-state-store.ts';
import { createStoreDatabase } from '../../support/test-database.ts';

const one = '00000000-0000-4000-8000-000000000001';
const two = '00000000-0000-4000-8000-000000000002';
const figures = storedFigures({
  position: 100n,
  progress: { state: 'ready', progress: 1, error: undefined },
  letters: { parked: [], count: 0, parkings: 0 },
  lagSeconds: 0,
  heldBytes: 0,
  batch: undefined,
});

test('rows are waited for until the lease of a process that cannot be reached is over, whoever had told of them', async () => {
  await using database = await createStoreDatabase();
  const client = new Client({ connectionString: database.url });
  await client.connect();
  try {
    const nobody = { readModel: 'orders_v1', process: two, signal: AbortSignal.timeout(20_000) };
    const began = machineNow();
    await untilNobodyReads(database.url, nobody);
    expect(machineNow() - began).toBeLessThan(1_000);

    const claim = await takeClaim(client);
    const state = { readModel: 'orders_v1', position: 100n, revision: 1, state: figures };
    const order = { claim, number: 1, process: one, sourceLog: 'log 1', leaseMs: 1_500, states: [state], isNews: true };
    expect(await tellStates(client, order)).toEqual([]);
    // It hears of it, and then of nothing more.
    const cutOff = new HeardReadModels(['orders_v1'], { onPosition: () => undefined, onParked: () => undefined });
    const askedAt = machineNow();
    cutOff.hearStates(await readStates(client), askedAt);
    expect(cutOff.applied('orders_v1')?.current()).toBe(100n);

    await untilNobodyReads(database.url, nobody);
    expect(cutOff.applied('orders_v1')?.current()).toBeUndefined();
    // Who told of them before is not believed any more, also by those who ask now.
    expect(await tellStates(client, { ...order, number: 2 })).not.toEqual([]);
    const late = new HeardReadModels(['orders_v1'], { onPosition: () => undefined, onParked: () => undefined });
    late.hearStates(await readStates(client), machineNow());
    expect(late.applied('orders_v1')?.current()).toBeUndefined();
  } finally {
    await client.end();
  }
});
