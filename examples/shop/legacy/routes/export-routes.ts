import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { createGzip } from 'node:zlib';
import { Router } from 'express';
import type { Knex } from 'knex';
import { one } from '../http/params.ts';
import { orderNumber } from '../orders/order-totals.ts';

/** /export/orders.csv, streamed, compressed for those who accept it. `?limit=` bounds the number of orders. */
export function exportRoutes(knex: Knex): Router {
  const router = Router();

  router.get('/orders.csv', async (request, response) => {
    const limit = Math.max(parseInt(one(request.query['limit']) ?? '', 10) || 100_000, 1);
    response.type('csv').attachment('orders.csv').vary('Accept-Encoding');
    const lines = Readable.from(csvLines(knex, limit));
    try {
      if (request.acceptsEncodings(['gzip', 'identity']) === 'gzip') {
        response.setHeader('Content-Encoding', 'gzip');
        await pipeline(lines, createGzip(), response);
      } else {
        await pipeline(lines, response);
      }
    } catch (error) {
      // A reader who leaves in the middle of a download is no error of ours.
      if (!(error instanceof Error && 'code' in error && error.code === 'ERR_STREAM_PREMATURE_CLOSE')) throw error;
    }
  });

  return router;
}

async function* csvLines(knex: Knex, limit: number): AsyncGenerator<string> {
  yield 'number,customer,email,status,currency,placed_at\r\n';
  let after = '0';
  for (let left = limit; left > 0;) {
    const rows = await knex('orders as o')
      .join('customers as c', 'c.id', 'o.customer_id')
      .where('o.id', '>', after)
      .orderBy('o.id')
      .limit(Math.min(left, 500))
      .select('o.id', 'o.status', 'o.currency', 'o.placed_at', 'c.name', 'c.email');
    if (rows.length === 0) return;
    yield rows
      .map((row) => [orderNumber(row.id), row.name, row.email, row.status, row.currency, row.placed_at.toISOString()])
      .map((cells) => `${cells.map(cell).join(',')}\r\n`)
      .join('');
    left -= rows.length;
    after = rows.at(-1).id;
  }
}

function cell(text: string): string {
  return /[",\r\n]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text;
}
