import { Router } from 'express';
import type { OrderEvents } from '../order-events.ts';

/** /events/orders: Server-Sent Events, one per write to an order, and a comment now and then to keep it open. */
export function eventRoutes(events: OrderEvents, heartbeatMs: number): Router {
  const router = Router();

  router.get('/orders', (request, response) => {
    response.writeHead(200, {
      'Content-Type': 'text/event-stream',
      'Cache-Control': 'no-cache',
      'X-Accel-Buffering': 'no',
    });
    response.write('retry: 2000\n\n: welcome\n\n');
    const stop = events.subscribe((write) => {
      response.write(`event: order\ndata: ${JSON.stringify(write)}\n\n`);
    });
    const heartbeat = setInterval(() => response.write(': still here\n\n'), heartbeatMs);
    request.on('close', () => {
      clearInterval(heartbeat);
      stop();
      response.end();
    });
  });

  return router;
}
