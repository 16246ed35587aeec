import { spawn } from 'node:child_process';

/**
 * Sees that a process does not outlive this one, however this one ends, and that its folder, if given, goes with it: a
 * small shell waits until the pipe from us breaks. Call what is returned when the process has ended in order.
 */
export function dieWithUs(pid: number, folder: string | undefined): () => void {
  const script = 'read -r done_in_order && exit; kill -9 "$1"; [ -n "$2" ] || exit; sleep 1; rm -rf "$2"';
  const guard = spawn('/bin/sh', ['-c', script, 'guard', String(pid), folder ?? ''], {
    stdio: ['pipe', 'ignore', 'ignore'],
    detached: true,
  });
  guard.on('error', () => undefined); // No guard is worse, yet no reason not to run.
  guard.stdin.on('error', () => undefined);
  guard.unref();
  return () => guard.stdin.end('done\n');
}
