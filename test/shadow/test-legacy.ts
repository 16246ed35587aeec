import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';

export interface TestLegacy extends AsyncDisposable {
  readonly url: URL;
  readonly asked: IncomingMessage[];
}

/** A legacy application on a real socket. */
export async function startTestLegacy(
  answer: (request: IncomingMessage, response: ServerResponse) => void = echoPath,
): Promise<TestLegacy> {
  const asked: IncomingMessage[] = [];
  const server = createServer((request, response) => {
    asked.push(request);
    answer(request, response);
  });
  await new Promise<void>((resolve) => {
    server.listen(0, '127.0.0.1', resolve);
  });
  const address = server.address();
  if (typeof address !== 'object' || address === null) throw new Error('no address');
  return {
    url: new URL(`http://127.0.0.1:${address.port}/`),
    asked,
    [Symbol.asyncDispose]: async () => {
      server.closeAllConnections();
      await new Promise((resolve) => {
        server.close(resolve);
      });
    },
  };
}

export function echoPath(request: IncomingMessage, response: ServerResponse): void {
  response.setHeader('content-type', 'application/json; charset=utf-8');
  response.end(JSON.stringify({ path: request.url }));
}
