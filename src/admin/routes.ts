import express, { type Express, type NextFunction, type Request, type Response } from 'express';
import { fileURLToPath } from 'node:url';
import type { FigControl } from '../app/control.ts';
import type { Log } from '../kernel/log.ts';
import { answerOf, errorAnswer } from './admin-errors.ts';
import { addDeadLetterRoutes } from './dead-letter-routes.ts';
import type { EventStream } from './event-stream.ts';
import { refusalOf, type GuardOptions } from './guards.ts';
import { addReadModelRoutes } from './read-model-routes.ts';
import { streamReconciliation } from './reconcile-stream.ts';
import { createTailStream } from './tail-stream.ts';
import { sendOutcome } from './send-outcome.ts';
import { killSwitchBody, liftBody, promoteBody, reconcileBody, rollbackBody, verifyBody } from './request-bodies.ts';

const pageFolder = fileURLToPath(new URL('./page/', import.meta.url));

const safetyHeaders = {
  'content-security-policy':
    "default-src 'none'; script-src 'self'; style-src 'self'; connect-src 'self'; img-src 'self'; " +
    "base-uri 'none'; form-action 'none'; frame-ancestors 'none'",
  'x-content-type-options': 'nosniff',
  'x-frame-options': 'DENY',
  'referrer-policy': 'no-referrer',
  'cross-origin-resource-policy': 'same-origin',
  'cross-origin-opener-policy': 'same-origin',
};

export interface RouteOptions extends GuardOptions {
  readonly control: FigControl;
  readonly events: EventStream;
  readonly log: Log;
}

/** The admin API and the status page. Every request passes the guards first. */
export function createRoutes({ control, events, log, token }: RouteOptions): Express {
  const app = express();
  const tail = createTailStream(control, log);
  app.disable('x-powered-by');
  app.set('etag', false);

  app.use((request, response, next) => {
    response.set(safetyHeaders);
    const refusal = refusalOf(request, { token });
    if (refusal === undefined) next();
    else response.status(refusal.status).json(errorAnswer('FIG_ADMIN_REFUSED', refusal.message, refusal.remedy));
  });
  app.use(express.json({ limit: '16kb' }));

  app.get('/healthz', (_request, response) => {
    response.set('cache-control', 'no-store').json({ ok: true });
  });
  app.get('/readyz', (_request, response) => {
    const readiness = control.readiness();
    response
      .status(readiness.ready ? 200 : 503)
      .set('cache-control', 'no-store')
      .json(readiness);
  });
  app.get('/status', async (_request, response) => {
    response.set('cache-control', 'no-store').json(await control.status());
  });
  app.get('/metrics', async (_request, response) => {
    response.type('text/plain; version=0.0.4; charset=utf-8').send(await control.metrics());
  });
  app.get('/events', (_request, response) => events.handle(response));
  app.get('/events/tail', (request, response) => tail(response, request.query));
  app.get('/features/:name/report', async (request, response) => {
    response.set('cache-control', 'no-store').json(await control.report(request.params.name));
  });
  app.post('/features/:name/promote', async (request, response) => {
    sendOutcome(response, await control.promote(request.params.name, promoteBody.parse(request.body)));
  });
  app.post('/features/:name/rollback', async (request, response) => {
    sendOutcome(response, await control.rollback(request.params.name, rollbackBody.parse(request.body)));
  });
  app.post('/features/:name/reconcile', async (request, response) => {
    await streamReconciliation(response, control, request.params.name, reconcileBody.parse(request.body), log);
  });
  app.post('/features/:name/verify', async (request, response) => {
    response.json(await control.verifyModel(request.params.name, verifyBody.parse(request.body)));
  });
  app.post('/reload', async (_request, response) => {
    response.json(await control.reload());
  });

  addDeadLetterRoutes(app, control);
  addReadModelRoutes(app, control);
  app.get('/quarantine', async (_request, response) => {
    response.set('cache-control', 'no-store').json(await control.quarantine().list());
  });
  app.post('/quarantine/lift', async (request, response) => {
    response.json(await control.quarantine().lift(liftBody.parse(request.body)));
  });
  app.post('/kill-switch', async (request, response) => {
    response.json(await control.killSwitch(killSwitchBody.parse(request.body)));
  });
  app.use(
    express.static(pageFolder, { cacheControl: false, redirect: false, dotfiles: 'ignore', index: 'index.html' }),
  );

  app.use((request, response) => {
    response
      .status(404)
      .json(
        errorAnswer(
          'FIG_ADMIN_REFUSED',
          `there is no ${request.method} ${request.path} here`,
          'GET / is the status page.',
        ),
      );
  });
  app.use((thrown: unknown, request: Request, response: Response, next: NextFunction) => {
    const { status, body } = answerOf(thrown);
    if (status >= 500) log.error({ error: thrown, path: request.path }, 'an admin request failed');
    if (response.headersSent) next(thrown);
    else response.status(status).json(body);
  });
  return app;
}
