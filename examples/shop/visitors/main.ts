import { startTraffic } from './traffic.ts';

const url = process.env['SHOP_URL'];
if (!url) {
  console.error('SHOP_URL must name the address of the shop, or of the proxy in front of it');
  process.exit(2);
}
const wanted = Number(process.env['VISITORS_RATE'] ?? 25);
const rate = Number.isFinite(wanted) ? Math.min(200, Math.max(1, wanted)) : 25;

const traffic = startTraffic(url, rate);
const report = setInterval(() => {
  if (process.connected) process.send?.({ stats: { ...traffic.stats } }, undefined, undefined, () => undefined);
}, 1_000);

const stop = async (): Promise<void> => {
  clearInterval(report);
  await traffic.stop();
  if (process.connected) process.disconnect();
  else console.log(JSON.stringify(traffic.stats));
};
const crash = (error: unknown): void => {
  console.error(error);
  process.exit(1);
};
traffic.done.catch(crash);
for (const event of ['SIGTERM', 'SIGINT', 'disconnect'] as const) {
  process.on(event, () => {
    stop().catch(crash);
  });
}
// A parent that left before the listener above was there will not be heard leaving.
if (process.send !== undefined && !process.connected) stop().catch(crash);
