import { request } from 'undici';
import type { EndpointRequest } from '../../examples/shop/every-endpoint.ts';

/** Hop by hop: the connection's own business, which no proxy passes on. `date` is the time of the answer. */
const ownToTheConnection = new Set(['connection', 'keep-alive', 'transfer-encoding', 'date']);

/** An answer as it came over the wire, less what is different each time by nature. */
export async function rawAnswer(base: string, endpoint: EndpointRequest): Promise<unknown> {
  const response = await request(base + endpoint.path, {
    method: endpoint.method,
    headers: { host: 'shop.example', ...endpoint.headers },
    ...(endpoint.body !== undefined && { body: endpoint.body }),
    responseHeaders: 'raw',
  });
  const raw = (response.headers as unknown as (Buffer | string)[]).map(String);
  const headers: string[] = [];
  for (let i = 0; i + 1 < raw.length; i += 2) {
    const name = raw[i]!.toLowerCase();
    if (!ownToTheConnection.has(name) && !endpoint.varyingHeaders?.includes(name))
      headers.push(`${raw[i]}: ${raw[i + 1]}`);
  }
  const body = Buffer.from(await response.body.bytes()).toString('latin1');
  return { status: response.statusCode, headers, body: endpoint.normalise?.(body) ?? body };
}
