import { spawn } from 'node:child_process';
import { mkdtemp, rm } from 'node:fs/promises';
import { once } from 'node:events';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { dist } from '../../dist.js';
import { peakRssBytes, treeCpuSeconds } from '../../sync/processes.js';
import { profiling } from '../../sync/profiling.js';
import { limit } from './quota.js';

const config = fileURLToPath(new URL('fig.config.js', import.meta.url));

/** A real `fig sync capture` or `fig sync project`, as on a machine of its own. `env`: see fig.config.js. */
export async function startRole(part, env, profile) {
  const folder = await mkdtemp(join(tmpdir(), 'fig-bench-role-'));
  const args = [
    ...profiling(profile),
    join(dist, 'src/cli/main.js'),
    'sync',
    part,
    '--config',
    config,
    '--admin-port',
    '0',
  ];
  const child = spawn(process.execPath, args, {
    cwd: folder,
    env: { ...process.env, ...env, NO_COLOR: '1' },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  let output = '';
  for (const stream of [child.stdout, child.stderr]) {
    stream.setEncoding('utf8').on('data', (text) => (output = `${output}${text}`.slice(-4_000)));
  }
  let free;
  const exited = once(child, 'exit').then(() => {
    free?.();
    return rm(folder, { recursive: true, force: true });
  });
  return {
    pid: child.pid,
    /** Throws with its last words when it has ended. */
    check: () => {
      if (child.exitCode !== null || child.signalCode !== null) throw new Error(`fig sync ${part} ended: ${output}`);
    },
    usage: () => ({ cpuSeconds: treeCpuSeconds(child.pid), peakRssBytes: peakRssBytes(child.pid) }),
    /** From now on it has only so much of a core. */
    limit: (share) => {
      free = limit(child.pid, share);
    },
    signal: (name) => void child.kill(name),
    stop: async () => {
      child.kill('SIGTERM');
      await exited;
    },
    kill: async () => {
      child.kill('SIGKILL');
      await exited;
    },
  };
}
