import type { Express } from 'express';
import type { FigControl } from '../app/control.ts';
import { dropBody, promoteBody, versionBody } from './request-bodies.ts';
import { sendOutcome } from './send-outcome.ts';

/** Versions of read models, and which of them serves. */
export function addReadModelRoutes(app: Express, control: FigControl): void {
  app.get('/read-models', async (_request, response) => {
    response.set('cache-control', 'no-store').json(await control.readModels().list());
  });
  app.post('/features/:name/versions/swap', async (request, response) => {
    const { name } = request.params;
    sendOutcome(response, await control.readModels().swap(name, promoteBody.parse(request.body)));
  });
  app.post('/features/:name/versions/back', async (request, response) => {
    const { name } = request.params;
    sendOutcome(response, await control.readModels().back(name, versionBody.parse(request.body)));
  });
  app.post('/features/:name/versions/drop', async (request, response) => {
    const { name } = request.params;
    response.json(await control.readModels().drop(name, dropBody.parse(request.body)));
  });
}
