import { startFastify } from './fastify.js';

export const start = ({ upstream }) =>
  startFastify(upstream, { http: { agentOptions: { keepAlive: true, maxSockets: 256 } } });
