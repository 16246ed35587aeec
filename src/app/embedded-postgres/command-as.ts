import { type ChildProcess, spawn } from 'node:child_process';
import { FigError } from '../../kernel/fig-error.ts';
import { closedFolder, findSetpriv, type RunAs } from './run-as.ts';

export interface Command {
  spawn(args: readonly string[]): ChildProcess;
}

/** How to run a program as another user. In a session of its own, so that Ctrl-C in the terminal reaches only us. */
export function commandAs(file: string, dataFolder: string, user: RunAs | undefined): Command {
  const options = { stdio: ['ignore', 'pipe', 'pipe'] as ['ignore', 'pipe', 'pipe'], detached: true, cwd: '/' };
  const env = { ...process.env, LC_ALL: 'C' };
  if (user === undefined) return { spawn: (args) => spawn(file, args, { ...options, env }) };
  const closed = closedFolder(file, user) ?? closedFolder(dataFolder, user);
  if (closed === undefined) {
    return { spawn: (args) => spawn(file, args, { ...options, env, uid: user.uid, gid: user.gid }) };
  }
  const setpriv = findSetpriv();
  if (setpriv === undefined) {
    throw new FigError(
      'FIG_EMBEDDED_POSTGRES_UNAVAILABLE',
      `PostgreSQL cannot run as root, and the user ${user.name} may not enter ${closed}`,
      { remedy: `Move the folder out of ${closed}, run as another user, or set FIG_DATABASE_URL.` },
    );
  }
  const keep = [`--reuid=${user.uid}`, `--regid=${user.gid}`, '--clear-groups'];
  const rights = ['--inh-caps=+dac_override', '--ambient-caps=+dac_override'];
  return { spawn: (args) => spawn(setpriv, [...keep, ...rights, '--', file, ...args], { ...options, env }) };
}
