import { describeError } from '../kernel/fig-error.ts';
import type { Log } from '../kernel/log.ts';
import { writeKillSwitch } from '../app/kill-switch/kill-switch-file.ts';

/** The part of `process` that is listened to. */
export interface SignalHost {
  on(event: string, listener: () => void): unknown;
  off(event: string, listener: () => void): unknown;
  listenerCount(event: string): number;
}

/**
 * Keeps a SIGUSR2 for the fig that is still starting: it finds the order in its folder. Without a listener the signal would end
 * the process. `cameBefore`: there was one already. Returns what takes the listener away.
 */
export function keepEarlyKillSwitch(host: SignalHost, folder: string, log: Log, cameBefore = false): () => void {
  const keep = (): void => {
    // Whoever runs by now hears it as well, and obeys at once.
    if (host.listenerCount('SIGUSR2') > 1) return;
    const order = { who: 'signal SIGUSR2', why: 'sent to the process while it started', at: new Date().toISOString() };
    writeKillSwitch(folder, order).catch((error: unknown) => {
      log.error(
        { error: describeError(error) },
        'SIGUSR2 came during the start, and the kill switch could not be kept',
      );
    });
  };
  host.on('SIGUSR2', keep);
  if (cameBefore) keep();
  return () => {
    host.off('SIGUSR2', keep);
  };
}
