import { createServer } from 'node:http';
import { Pool } from 'undici';
import { listen } from './listen.js';

/** The least that a proxy on undici can do: nothing is checked, nothing is stripped, nothing is counted. */
export async function start({ upstream }) {
  const pool = new Pool(`http://127.0.0.1:${upstream}`, { pipelining: 1 });
  const server = createServer((req, res) => {
    const hasBody = req.headers['content-length'] !== undefined || req.headers['transfer-encoding'] !== undefined;
    const { method, url: path } = req;
    pool.dispatch(
      {
        method,
        path,
        headers: req.rawHeaders.filter((_, i) => !/^connection$/i.test(req.rawHeaders[i & ~1])),
        body: hasBody ? req : null,
      },
      {
        onRequestStart: () => undefined,
        onResponseStart: (controller, status) => {
          res.writeHead(
            status,
            controller.rawHeaders.map((part) => part.latin1Slice()),
          );
        },
        onResponseData: (controller, chunk) => {
          if (res.write(chunk)) return;
          controller.pause();
          res.once('drain', () => controller.resume());
        },
        onResponseEnd: () => res.end(),
        onResponseError: () => res.destroy(),
      },
    );
  });
  return listen(server);
}
