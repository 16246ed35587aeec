import type { Server } from 'node:http';
import { WebSocketServer } from 'ws';
import type { OrderEvents } from './order-events.ts';

const ping = Buffer.from('ping');

/** /ws/orders: answers `ping` with `pong` and sends every write to an order as JSON. Returns how to close it. */
export function attachOrderSocket(server: Server, events: OrderEvents): () => void {
  const sockets = new WebSocketServer({ server, path: '/ws/orders' });
  sockets.on('connection', (socket) => {
    const stop = events.subscribe((write) => socket.send(JSON.stringify(write)));
    socket.binaryType = 'nodebuffer';
    socket.on('message', (data) => {
      if (Buffer.isBuffer(data) && data.equals(ping)) socket.send('pong');
    });
    socket.on('close', stop);
    socket.on('error', () => socket.terminate());
  });
  return () => {
    for (const socket of sockets.clients) socket.terminate();
    sockets.close();
  };
}
