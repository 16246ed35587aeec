import { startShop } from './start-shop.ts';

const database = process.env['LEGACY_DATABASE_URL'];
if (!database) {
  console.error('LEGACY_DATABASE_URL must name the PostgreSQL database of the shop');
  process.exit(2);
}

const starting = startShop({
  database,
  host: process.env['HOST'] ?? '127.0.0.1',
  port: Number(process.env['PORT'] ?? 0),
});

const crash = (error: unknown): void => {
  console.error(error);
  process.exit(1);
};
const stop = async (): Promise<void> => {
  await (await starting)[Symbol.asyncDispose]();
  if (process.connected) process.disconnect();
};
for (const event of ['SIGTERM', 'SIGINT', 'disconnect'] as const) {
  process.on(event, () => {
    stop().catch(crash);
  });
}

starting
  .then((shop) => {
    console.log(`shop listening on ${shop.url}`);
    // A parent that left before the listener above was there will not be heard leaving.
    if (process.send !== undefined && !process.connected) return stop();
    process.send?.({ ready: true, port: shop.port }, undefined, undefined, () => undefined);
    return undefined;
  })
  .catch(crash);
