import { describeError } from '../../kernel/fig-error.ts';
import type { Log } from '../../kernel/log.ts';
import type { RoutingSnapshot } from '../../kernel/phase.ts';
import type { Service } from '../../kernel/service.ts';
import { savePhases, type PhasesOwner } from './phases-file.ts';

export interface PhaseKeeper extends Service {
  /** Takes what the control store says and writes it down, later and off every path; never throws. */
  readonly keep: (routing: RoutingSnapshot) => void;
}

/** Writes the last known phases to disk, one write at a time, always the latest. */
export function startPhaseKeeper(folder: string, owner: PhasesOwner, log: Log): PhaseKeeper {
  let latest: RoutingSnapshot | undefined;
  let writing: Promise<void> | undefined;
  const write = async (): Promise<void> => {
    while (latest !== undefined) {
      const routing = latest;
      latest = undefined;
      try {
        await savePhases(folder, owner, routing);
      } catch (error) {
        log.warn({ error: describeError(error) }, 'the phases could not be kept on disk');
      }
    }
    writing = undefined;
  };
  return {
    name: 'phase keeper',
    keep: (routing) => {
      latest = routing;
      writing ??= write();
    },
    stop: async () => {
      await writing;
    },
  };
}
