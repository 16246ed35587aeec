import { Agent, createServer, request } from 'node:http';
import { listen } from './listen.js';

/** What one writes by hand in ten lines: http.createServer, http.request, pipe. */
export async function start({ upstream }) {
  const agent = new Agent({ keepAlive: true, maxSockets: 256 });
  const server = createServer((req, res) => {
    const { method, url: path, headers } = req;
    const onward = request({ host: '127.0.0.1', port: upstream, method, path, headers, agent }, (answer) => {
      res.writeHead(answer.statusCode, answer.headers);
      answer.pipe(res);
    });
    onward.on('error', () => res.destroy());
    req.pipe(onward);
  });
  return listen(server);
}
