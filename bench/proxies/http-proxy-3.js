import { Agent, createServer } from 'node:http';
import { createProxyServer } from 'http-proxy-3';
import { listen } from './listen.js';

export async function start({ upstream }) {
  const agent = new Agent({ keepAlive: true, maxSockets: 256 });
  const proxy = createProxyServer({ target: `http://127.0.0.1:${upstream}`, agent, ws: true });
  proxy.on('error', (_, __, res) => res?.destroy());
  const server = createServer((req, res) => proxy.web(req, res));
  server.on('upgrade', (req, socket, head) => proxy.ws(req, socket, head));
  return listen(server);
}
