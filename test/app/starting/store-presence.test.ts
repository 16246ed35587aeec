import { createServer, type Socket } from 'node:net';
import { expect, it } from 'vitest';
import { askStore, askStoreSoon } from '../../../src/app/starting/store-presence.ts';
import { openStore } from '../../../src/store/control-store.ts';
import { listening } from '../../proxy/support/harness.ts';
import { createTestDatabase } from '../../support/test-database.ts';

it('a store that is slow is waited for, and what goes wrong in it keeps its own name', async () => {
  await using database = await createTestDatabase();
  const store = openStore(database.url, { applicationName: 'test' });
  const slow = store.raw('SELECT pg_sleep(2.5)').then(() => 'done');
  expect(await askStoreSoon(store, slow)).toBe('done');
  await expect(askStore(store, Promise.resolve(store.raw('SELECT nonsense')))).rejects.toThrow(
    /"nonsense" does not exist/,
  );
  await store.destroy();
});

it('a store that takes connections and says nothing is away', async () => {
  const sockets = new Set<Socket>();
  await using silent = await listening(createServer((socket) => sockets.add(socket.on('error', () => undefined))));
  const store = openStore(`postgres://fig@127.0.0.1:${silent.port}/x`, { applicationName: 'test' });
  const asking = store.raw('SELECT 1').then(() => 'answered');
  asking.catch(() => undefined);
  await expect(askStoreSoon(store, asking)).rejects.toMatchObject({ code: 'FIG_STORE_UNREACHABLE' });
  for (const socket of sockets) socket.destroy();
  await store.destroy();
});
