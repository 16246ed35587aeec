/** Where legacy's log ends now, as decimal text. */
export async function endOfLog(server) {
  const { rows } = await server.legacy.query(`SELECT (pg_current_wal_insert_lsn() - '0/0'::pg_lsn)::text AS at`);
  return rows[0].at;
}

/** Tells a stream that nothing is left: a small transaction makes everyone hear of the position at once. */
export async function nudge(server) {
  await server.legacy.query(`SELECT pg_logical_emit_message(true, 'bench', 'nudge')`);
}

/** Runs one contestant's piece of work and tells wall time, CPU of its process and CPU of the server. */
export async function timed(server, contestant, work) {
  const before = { server: server.cpuSeconds(), own: await contestant.usage() };
  const startedAtMs = Date.now();
  const answer = await work();
  const endedAtMs = Date.now();
  const own = await contestant.usage();
  return {
    answer,
    startedAtMs,
    seconds: (endedAtMs - startedAtMs) / 1000,
    ownCpuSeconds: own.cpuSeconds - before.own.cpuSeconds,
    serverCpuSeconds: server.cpuSeconds() - before.server,
    peakRssBytes: own.peakRssBytes,
  };
}

export function median(values) {
  const sorted = values.filter((value) => value !== undefined).toSorted((a, b) => a - b);
  if (sorted.length === 0) return undefined;
  const middle = sorted.length >> 1;
  return sorted.length % 2 === 1 ? sorted[middle] : (sorted[middle - 1] + sorted[middle]) / 2;
}

/** Rounds in which everyone takes a turn, first one and then the other: noise then falls on all alike. */
export function turns(contestants, round) {
  return round % 2 === 0 ? contestants : contestants.toReversed();
}
