import { startFastify } from './fastify.js';

export const start = ({ upstream }) => startFastify(upstream, { undici: { connections: 256, pipelining: 1 } });
