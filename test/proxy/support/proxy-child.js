// A proxy in a process of its own, so that its memory is nobody else's. argv: the port of the legacy app.
import { getHeapSpaceStatistics } from 'node:v8';
import { startProxy } from '../../../dist/proxy/create-proxy.js';

const nothing = () => undefined;
const proxy = await startProxy({
  legacy: new URL(`http://127.0.0.1:${process.argv[2]}`),
  host: '127.0.0.1',
  port: 0,
  features: [],
  visitor: { cookie: undefined, header: undefined },
  routing: () => ({ revision: 0, features: new Map() }),
  candidate: nothing,
  applied: nothing,
  source: undefined,
  fenceSecret: Buffer.alloc(32, 1),
  fenceBudgetMs: 0,
  sink: { wants: () => false, offer: nothing, dropped: nothing },
  observe: nothing,
  log: { debug: nothing, info: nothing, warn: nothing, error: nothing },
});
process.on('message', (message) => {
  if (message === 'rss') process.send({ rss: process.memoryUsage.rss() });
  else if (message === 'oldSpace') process.send({ oldSpace: oldSpace() });
  else process.exit(0);
});
process.send({ port: proxy.port });

/** Bytes of objects that have outlived two collections of young ones. */
function oldSpace() {
  return getHeapSpaceStatistics().find(({ space_name: name }) => name === 'old_space').space_used_size;
}
