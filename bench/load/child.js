import { fork } from 'node:child_process';

/**
 * A module in a process of its own that announces its port and answers questions.
 * @param {URL} file @param {readonly string[]} args @param {{ execArgv?: string[], env?: NodeJS.ProcessEnv }} [options]
 */
export async function startChild(file, args = [], { execArgv = [], env = process.env } = {}) {
  const child = fork(file, args, { execArgv, env, stdio: ['ignore', 'ignore', 'pipe', 'ipc'] });
  let complaint = '';
  child.stderr.on('data', (chunk) => {
    complaint = `${complaint}${chunk}`.slice(-4_000);
  });
  const waiting = new Map();
  let next = 0;
  const exited = new Promise((resolve) => {
    child.once('exit', (code, signal) => {
      const error = new Error(`${args[0] ?? file.pathname} ended (${signal ?? code}): ${complaint}`);
      for (const { reject } of waiting.values()) reject(error);
      waiting.clear();
      resolve(error);
    });
  });
  const call = (message) =>
    new Promise((resolve, reject) => {
      next += 1;
      waiting.set(next, { resolve, reject });
      child.send({ ...message, id: next }, (error) => error && reject(error));
    });
  child.on('message', (message) => {
    const caller = waiting.get(message.id);
    waiting.delete(message.id);
    caller?.resolve(message.answer ?? message.result);
  });
  const port = await new Promise((resolve, reject) => {
    child.on('message', (message) => message.ready && resolve(message.port));
    void exited.then(reject);
  });
  return {
    port,
    pid: child.pid,
    call,
    ask: (ask, value) => call({ ask, value }),
    exited,
    /** Ends it, in order, so that a profile gets written; resolves when it has gone. */
    stop: async () => {
      if (child.connected) child.disconnect();
      await exited;
    },
    kill: async () => {
      child.kill('SIGKILL');
      await exited;
    },
  };
}

/** The load generator has no port to announce. */
export async function startGenerator() {
  return startChild(new URL('generator.js', import.meta.url), ['generator']);
}

export async function startUpstream() {
  return startChild(new URL('upstream.js', import.meta.url), ['upstream']);
}
