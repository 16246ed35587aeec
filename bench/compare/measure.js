import { spawnSync } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { answerOf, differs, ourComparer } from './differs.js';
import { keysReordered, oneChanged, ordersOf } from './documents.js';
import { bytesOf, bytesOfPair } from './scenarios.js';

/** Calls before it is measured, as far as they fit into the time of one measurement. */
const WARM_UP = 20;

/**
 * Every differ in turn in every round, so that what else the machine does meets all of them. `budgetMs` is for one
 * measurement; a call that takes longer is made once.
 */
export function measure(scenario, { rounds, budgetMs, progress }) {
  const [legacy, candidate] = bytesOf(scenario);
  const open = differs.map(({ name, open: opened }) => ({ name, run: opened(scenario), times: [], found: undefined }));
  for (let round = 0; round < rounds; round += 1) {
    for (const each of open) {
      if (each.error !== undefined) continue;
      progress(`${scenario.name}: round ${round + 1}, ${each.name}`);
      try {
        if (round === 0) each.found = warmUp(each.run, legacy, candidate, budgetMs);
        each.times.push(timeOf(each.run, legacy, candidate, budgetMs));
      } catch (error) {
        each.error = error.message;
      }
    }
  }
  const rows = open.map(({ name, times, found, error }) => ({ name, ms: median(times), found, error }));
  const ours = rows.find(({ name }) => name === 'ours').ms;
  return {
    bytes: legacy.byteLength,
    rows: rows.map((row) => ({ ...row, ratio: row.ms === undefined ? undefined : row.ms / ours })),
  };
}

function warmUp(run, legacy, candidate, budgetMs) {
  const startedAt = performance.now();
  let found = run(legacy, candidate);
  for (let n = 1; n < WARM_UP && performance.now() - startedAt < budgetMs; n += 1) found = run(legacy, candidate);
  return found;
}

/** Milliseconds of one call, over as many as fit. */
function timeOf(run, legacy, candidate, budgetMs) {
  globalThis.gc?.();
  const startedAt = performance.now();
  let calls = 0;
  let elapsed = 0;
  do {
    run(legacy, candidate);
    calls += 1;
    elapsed = performance.now() - startedAt;
  } while (elapsed < budgetMs);
  return elapsed / calls;
}

function median(values) {
  const sorted = values.toSorted((a, b) => a - b);
  return sorted[Math.floor(sorted.length / 2)];
}

/** The most memory that a process of its own had for one comparison, in bytes, beyond what it had before. */
export function peakMemory(scenario, name) {
  const child = fileURLToPath(new URL('peak-memory.js', import.meta.url));
  const { stdout, status } = spawnSync(process.execPath, ['--expose-gc', child, scenario.name, name], {
    encoding: 'utf8',
  });
  return status === 0 ? Number(stdout) : undefined;
}

/**
 * Pairs of 2 KB that one core compares in a second, with the digest that evidence is counted by: of ten, eight identical,
 * one equal with its keys in another order, one with a difference.
 */
export function pairsPerSecond(seconds) {
  const comparer = ourComparer(false);
  const document = ordersOf(2_000);
  const same = Array.from({ length: 8 }, () => document);
  const pairs = [...same, keysReordered(document), oneChanged(document)].map((other) => bytesOfPair([document, other]));
  const startedAt = performance.now();
  let compared = 0;
  while (performance.now() - startedAt < seconds * 1_000) {
    for (const [legacy, candidate] of pairs) {
      const ours = answerOf(legacy);
      comparer.compare(ours, answerOf(candidate));
      comparer.digest(ours);
    }
    compared += pairs.length;
  }
  return (compared / (performance.now() - startedAt)) * 1_000;
}
