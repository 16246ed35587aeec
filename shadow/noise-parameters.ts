// Nothing here does I/O.

/** What is added so that no cache answers. */
const cacheBusters: ReadonlySet<string> = new Set([
  '_',
  'cachebuster',
  'cache_buster',
  'cachebust',
  'nocache',
  'no_cache',
  'cb',
  'rand',
  'random',
  'rnd',
]);
/** What advertisements and mails add to tell clicks apart, each click with a value of its own. */
const clickIds: ReadonlySet<string> = new Set([
  'gclid',
  'gbraid',
  'wbraid',
  'dclid',
  'fbclid',
  'msclkid',
  'yclid',
  'ttclid',
  'twclid',
  'igshid',
  'mc_cid',
  'mc_eid',
  '_ga',
  '_gl',
]);
/** Named so, and a time since the epoch: the time of asking. */
const clocks: ReadonlySet<string> = new Set(['t', 'ts', 'time', 'timestamp', '_t', '_ts']);

/** Whether a parameter is there for others than the app, so that it makes no other way to ask. */
export function isNoise(name: string): boolean {
  const lower = name.toLowerCase();
  return cacheBusters.has(lower) || clickIds.has(lower) || lower.startsWith('utm_');
}

/**
 * Whether a parameter makes no new question of an old one. Where it does after all the answers differ, and so does the
 * evidence: what is taken for noise by mistake is proof of too little, never of too much.
 */
export function isNoisy(name: string, value: string): boolean {
  return isNoise(name) || (clocks.has(name.toLowerCase()) && /^\d{10}(?:\d{3}){0,2}$/.test(value));
}
