import { userInfo } from 'node:os';
import type { CliIo } from './io.ts';

/** Who asks, for the audit: FIG_USER, else the user of the operating system. */
export function whoAsks(env: CliIo['env']): string {
  const named = env['FIG_USER']?.trim() ?? '';
  if (named !== '') return named;
  try {
    return userInfo().username;
  } catch {
    // A container may run under an id that has no name.
    return env['USER'] ?? `uid ${process.getuid?.() ?? 'unknown'}`;
  }
}
