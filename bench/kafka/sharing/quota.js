import { existsSync, mkdirSync, rmdirSync, writeFileSync } from 'node:fs';

const PERIOD_US = 20_000;
const v2 = '/sys/fs/cgroup/cgroup.controllers';
const root = existsSync(v2) ? '/sys/fs/cgroup' : '/sys/fs/cgroup/cpu';

/** Whether a process can be held to a share of a core here: Linux, and the right to make control groups. */
export function canLimit() {
  const folder = `${root}/fig-bench-${process.pid}`;
  try {
    mkdirSync(folder);
    writeLimit(folder, 1);
    rmdirSync(folder);
    return true;
  } catch {
    return false;
  }
}

/** Holds a process to a share of a core, until it ends; then the answer is to be called. */
export function limit(pid, share) {
  const folder = `${root}/fig-bench-${pid}`;
  mkdirSync(folder);
  writeLimit(folder, share);
  writeFileSync(`${folder}/cgroup.procs`, String(pid));
  return () => rmdirSync(folder);
}

function writeLimit(folder, share) {
  const quota = Math.round(PERIOD_US * share);
  if (existsSync(v2)) writeFileSync(`${folder}/cpu.max`, `${quota} ${PERIOD_US}`);
  else {
    writeFileSync(`${folder}/cpu.cfs_period_us`, String(PERIOD_US));
    writeFileSync(`${folder}/cpu.cfs_quota_us`, String(quota));
  }
}
