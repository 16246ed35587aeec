import fastifyHttpProxy from '@fastify/http-proxy';
import Fastify from 'fastify';

export async function startFastify(upstream, options) {
  const app = Fastify();
  await app.register(fastifyHttpProxy, { upstream: `http://127.0.0.1:${upstream}`, websocket: true, ...options });
  await app.listen({ host: '127.0.0.1', port: 0 });
  return { port: app.server.address().port };
}
