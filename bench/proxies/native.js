// nginx and haproxy with one worker each. They are Debian packages, not npm's, so they may be absent.
import { spawn, spawnSync } from 'node:child_process';
import { readFileSync, readdirSync } from 'node:fs';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { connect, createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

const TICKS_PER_SECOND = 100;

const kinds = {
  nginx: {
    file: 'nginx.conf',
    args: (path, folder) => ['-c', path, '-p', folder, '-e', join(folder, 'error.log')],
    config: (port, upstream, folder) => `
daemon off;
worker_processes 1;
pid ${folder}/nginx.pid;
error_log ${folder}/error.log crit;
events { worker_connections 4096; }
http {
  access_log off;
  client_body_temp_path ${folder}/body; proxy_temp_path ${folder}/proxy; fastcgi_temp_path ${folder}/fastcgi;
  uwsgi_temp_path ${folder}/uwsgi; scgi_temp_path ${folder}/scgi;
  client_max_body_size 0;
  keepalive_requests 100000000;
  upstream legacy { server 127.0.0.1:${upstream}; keepalive 256; keepalive_requests 100000000; }
  server {
    listen 127.0.0.1:${port};
    location / {
      proxy_pass http://legacy;
      proxy_http_version 1.1;
      proxy_request_buffering off;
      proxy_set_header Connection "";
      proxy_set_header Host $host;
      proxy_set_header X-Forwarded-For $remote_addr;
      proxy_set_header X-Forwarded-Proto $scheme;
    }
  }
}
`,
  },
  haproxy: {
    file: 'haproxy.cfg',
    args: (path) => ['-f', path, '-db'],
    config: (port, upstream) => `
global
  nbthread 1
  maxconn 4096
defaults
  mode http
  timeout connect 5s
  timeout client 60s
  timeout server 60s
  option forwardfor
  http-reuse always
listen front
  bind 127.0.0.1:${port}
  server legacy 127.0.0.1:${upstream}
`,
  },
};

/** The version of nginx or haproxy on this machine, if there is one. */
export function nativeVersion(kind) {
  const run = spawnSync(kind, ['-v'], { encoding: 'utf8' });
  return run.error ? undefined : /(\d+\.\d+\.\d+)/.exec(`${run.stdout}${run.stderr}`)?.[1];
}

export async function startNative(kind, upstream) {
  const { file, args, config } = kinds[kind];
  const folder = await mkdtemp(join(tmpdir(), `fig-bench-${kind}-`));
  const port = await freePort();
  const path = join(folder, file);
  await writeFile(path, config(port, upstream, folder));
  const child = spawn(kind, args(path, folder), { stdio: ['ignore', 'ignore', 'pipe'] });
  let complaint = '';
  child.stderr.on('data', (chunk) => {
    complaint += chunk;
  });
  const exited = new Promise((resolve) => {
    child.once('exit', resolve);
  });
  await untilListening(port, () => child.exitCode !== null && new Error(`${kind} ended: ${complaint}`));
  return {
    port,
    pid: child.pid,
    ask: async (ask) => (ask === 'usage' ? usageOfTree(child.pid) : undefined),
    stop: async () => {
      child.kill('SIGTERM');
      await exited;
      await rm(folder, { recursive: true, force: true });
    },
  };
}

/** CPU and memory of a process and its children, from /proc; nginx works in a child of its master. */
function usageOfTree(pid) {
  let cpuSeconds = 0;
  let rssBytes = 0;
  for (const each of [pid, ...childrenOf(pid)]) {
    const fields = readFileSync(`/proc/${each}/stat`, 'utf8')
      .replace(/^.*\) /, '')
      .split(' ');
    cpuSeconds += (Number(fields[11]) + Number(fields[12])) / TICKS_PER_SECOND;
    const resident = /^VmRSS:\s+(\d+)/m.exec(readFileSync(`/proc/${each}/status`, 'utf8'));
    rssBytes += Number(resident?.[1] ?? 0) * 1024;
  }
  return { cpuSeconds, rssBytes };
}

function childrenOf(pid) {
  return readdirSync(`/proc/${pid}/task`).flatMap((task) =>
    readFileSync(`/proc/${pid}/task/${task}/children`, 'utf8').split(' ').filter(Boolean),
  );
}

async function freePort() {
  const server = createServer();
  await new Promise((resolve) => {
    server.listen(0, '127.0.0.1', resolve);
  });
  const { port } = server.address();
  await new Promise((resolve) => {
    server.close(resolve);
  });
  return port;
}

async function untilListening(port, failure) {
  for (let attempt = 0; attempt < 500; attempt += 1) {
    const error = failure();
    if (error) throw error;
    const isOpen = await new Promise((resolve) => {
      const socket = connect({ port, host: '127.0.0.1' });
      socket.once('connect', () => resolve(true)).once('error', () => resolve(false));
      socket.once('connect', () => socket.destroy());
    });
    if (isOpen) return;
    await new Promise((resolve) => {
      setTimeout(resolve, 10);
    });
  }
  throw new Error(`nothing listens on port ${port}`);
}
