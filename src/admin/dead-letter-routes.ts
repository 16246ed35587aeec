import type { Express } from 'express';
import { z } from 'zod';
import type { FigControl } from '../app/control.ts';
import { discardBody, retryBody } from './request-bodies.ts';

const letterId = z.coerce.number('the number of a dead letter').int().min(1).max(Number.MAX_SAFE_INTEGER);
const listQuery = z.object({ feature: z.string().optional() });

/** What could not be built, and what to do about it. */
export function addDeadLetterRoutes(app: Express, control: FigControl): void {
  app.get('/dead-letters', async (request, response) => {
    const { feature } = listQuery.parse(request.query);
    response.set('cache-control', 'no-store').json(await control.deadLetters().list(feature));
  });
  app.get('/dead-letters/:id', async (request, response) => {
    const id = letterId.parse(request.params.id);
    response.set('cache-control', 'no-store').json(await control.deadLetters().find(id));
  });
  app.post('/dead-letters/retry', async (request, response) => {
    response.json(await control.deadLetters().retry(retryBody.parse(request.body)));
  });
  app.post('/dead-letters/:id/retry', async (request, response) => {
    const { who } = retryBody.parse(request.body);
    response.json(await control.deadLetters().retry({ id: letterId.parse(request.params.id), who }));
  });
  app.post('/dead-letters/:id/discard', async (request, response) => {
    const order = discardBody.parse(request.body);
    response.json(await control.deadLetters().discard(letterId.parse(request.params.id), order));
  });
}
