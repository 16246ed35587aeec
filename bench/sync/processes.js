import { readFileSync, readdirSync } from 'node:fs';

const TICKS_PER_SECOND = 100;

/** CPU seconds of a process and everything it has started, those that have ended included. Linux only, else 0. */
export function treeCpuSeconds(root) {
  const stats = readAll();
  let ticks = 0;
  for (const stat of stats.values()) {
    if (stat.pid === root) ticks += stat.own + stat.ended;
    else if (stat.parent === root) ticks += stat.own;
  }
  return ticks / TICKS_PER_SECOND;
}

/** The most memory a process has had, in bytes; 0 where /proc is absent. */
export function peakRssBytes(pid = 'self') {
  try {
    const line = /VmHWM:\s+(\d+)/.exec(readFileSync(`/proc/${pid}/status`, 'utf8'));
    return Number(line?.[1] ?? 0) * 1024;
  } catch {
    return 0;
  }
}

function readAll() {
  const stats = new Map();
  for (const name of processNames()) {
    try {
      const text = readFileSync(`/proc/${name}/stat`, 'utf8');
      const fields = text.slice(text.lastIndexOf(')') + 2).split(' ');
      const [parent, utime, stime, cutime, cstime] = [1, 11, 12, 13, 14].map((n) => Number(fields[n]));
      stats.set(Number(name), { pid: Number(name), parent, own: utime + stime, ended: cutime + cstime });
    } catch {
      // It has just ended; its parent counts it from now on.
    }
  }
  return stats;
}

function processNames() {
  try {
    return readdirSync('/proc').filter((name) => /^\d+$/.test(name));
  } catch {
    return [];
  }
}
