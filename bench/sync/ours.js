import { startChild } from '../load/child.js';

/** Our capture of one model; `more`: see capture-child.js. `start` and `stop` leave the process alive, so its CPU and memory add up over the rounds. */
export async function startOurs(server, model, profile, more = {}) {
  const execArgv = profile ? ['--cpu-prof', `--cpu-prof-dir=${profile}`] : [];
  const options = JSON.stringify({ legacy: server.url('legacy'), ours: server.url('ours'), model, ...more });
  const child = await startChild(new URL('capture-child.js', import.meta.url), ['capture', options], { execArgv });
  return {
    name: 'ours',
    start: () => child.ask('start'),
    pause: () => child.ask('stop'),
    ready: () => child.ask('ready'),
    reached: (position) => child.ask('reached', position),
    reconcile: async () => {
      const state = await child.ask('reconcile');
      if (state === undefined) throw new Error('this fig has no reconciliation');
    },
    usage: () => child.ask('usage'),
    stop: () => child.stop(),
  };
}
