import { setTimeout } from 'node:timers/promises';
import { setMaxListeners } from 'node:events';
import { startChild } from '../load/child.js';
import { startDatabase } from '../load/database.js';
import { orderCount, orderText } from './content.js';
import { finish } from './finish.js';
import { Outages } from './judge.js';
import { Ledger } from './ledger.js';
import { Legacy } from './legacy.js';
import { growthOf } from './memory.js';
import { Visitor } from './visitor.js';

const PHASE_MS = 10_000;
const SAMPLE_MS = 5_000;
const OUTAGE_EVERY_MS = 25_000;
const VISITORS = 32;

const phases = [
  { name: 'legacy', percent: 0 },
  { name: 'shadow', percent: 0 },
  { name: 'canary', percent: 50 },
  { name: 'live', percent: 100 },
  { name: 'canary', percent: 25 },
  { name: 'shadow', percent: 0 },
];

/**
 * @param {{ minutes: number, seed: number, progress: (share: number, text: string) => void }} options
 */
export async function soak({ minutes, seed, progress }) {
  const outages = new Outages();
  const ledger = new Ledger();
  const documents = new Map(Array.from({ length: orderCount }, (_, n) => [n + 1, orderText(n + 1)]));
  const closers = [];
  try {
    const database = await startDatabase(documents);
    closers.push(() => database.stop());
    const legacy = await Legacy.start(outages);
    closers.push(() => legacy.stop());
    const behind = JSON.stringify({ upstream: legacy.port, phase: phases[0], database: database.url });
    const proxy = await startChild(new URL('proxy.js', import.meta.url), ['ours', behind], {
      execArgv: ['--expose-gc'],
    });
    closers.push(() => proxy.stop());
    const end = new AbortController();
    setMaxListeners(0, end.signal);
    void endWithProxy(proxy, end, ledger);
    const samples = await underLoad({ minutes, seed, progress, outages, ledger, legacy, proxy, end });
    const idle = await proxy.ask('sample');
    const left = await finish({ proxy, legacy, ledger });
    const growth = growthOf(samples);
    for (const { what, grown, perMinute, isFlat, isJudged } of growth) {
      if (isJudged && !isFlat) ledger.find(`${what} grew by ${mb(grown)} MB, ${mb(perMinute)} MB a minute`);
    }
    const { total, fromCandidate, scenarios, excuses, findings } = ledger;
    return {
      minutes,
      seed,
      visitors: VISITORS,
      restarts: legacy.restarts,
      total,
      fromCandidate,
      scenarios,
      excuses,
      samples,
      growth,
      idle,
      left,
      findings,
    };
  } finally {
    for (const close of closers.toReversed()) await close();
  }
}

async function endWithProxy(proxy, end, ledger) {
  const error = await proxy.exited;
  if (!end.signal.aborted) ledger.find(`THE PROXY DIED: ${error.message}`);
  end.abort();
}

/** Everything at once, until the time is over; resolves when the last visitor has gone. */
async function underLoad({ minutes, seed, progress, outages, ledger, legacy, proxy, end }) {
  const startedAt = performance.now();
  const passed = () => (performance.now() - startedAt) / (minutes * 60_000);
  const visitors = Array.from({ length: VISITORS }, (_, n) => {
    const visitor = new Visitor({
      name: `v${n}`,
      isWriter: n % 4 === 0,
      seed: seed * 1_000 + n,
      port: proxy.port,
      outages,
      ledger,
    });
    return visitor.run(end.signal);
  });
  const samples = [];
  const look = async () => {
    const sample = await proxy.ask('sample');
    const { total } = ledger;
    samples.push({
      minutes: passed() * minutes,
      total,
      ...sample,
      legacy: await legacy.state().catch(() => undefined),
    });
  };
  let phase = 0;
  const changePhase = async () => {
    phase = (phase + 1) % phases.length;
    await proxy.ask('phase', phases[phase]);
  };
  const show = async () => {
    const { right, excused, wrong } = ledger.total;
    const { name, percent } = phases[phase];
    progress(
      Math.min(1, passed()),
      `${name} ${percent} %, ${right} right, ${excused} while legacy was down, ${wrong} wrong`,
    );
  };
  const outage = () => legacy.restart(200 + ((legacy.restarts * 700) % 2_000));
  const services = [
    every(SAMPLE_MS, look, end.signal),
    every(PHASE_MS, changePhase, end.signal),
    every(OUTAGE_EVERY_MS, outage, end.signal),
    every(1_000, show, end.signal),
  ];
  await Promise.all([...visitors, ...services, endAfter(minutes * 60_000, end)]);
  return samples;
}

async function endAfter(milliseconds, end) {
  await sleep(milliseconds, end.signal);
  end.abort();
}

/** Does something again and again; a failure of it, such as that of a proxy that died, ends the run. */
async function every(milliseconds, task, signal) {
  while (!signal.aborted) {
    await sleep(milliseconds, signal);
    if (!signal.aborted) await task();
  }
}

/** @param {number} milliseconds @param {AbortSignal} signal */
async function sleep(milliseconds, signal) {
  // That it is woken early is what the signal is for.
  await setTimeout(milliseconds, undefined, { signal }).catch(() => undefined);
}

/** @param {number} bytes */
export function mb(bytes) {
  return (bytes / 1e6).toFixed(1);
}
