import { startChild } from '../load/child.js';
import { profiling } from './profiling.js';

/** Our capture of one model; `more`: see capture-child.js. `start` and `stop` leave the process alive, so its CPU and memory add up over the rounds. */
export async function startOurs(server, model, profile, more = {}) {
  const options = JSON.stringify({ legacy: server.url('legacy'), ours: server.url('ours'), model, ...more });
  const child = await startChild(new URL('capture-child.js', import.meta.url), ['capture', options], {
    execArgv: profiling(profile),
  });
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
