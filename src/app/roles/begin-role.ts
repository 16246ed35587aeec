import type { NormalizedConfig } from '../../config/normalized-config.ts';
import type { FigError } from '../../kernel/fig-error.ts';
import type { ProcessRole } from '../../store/process-store.ts';
import { coldControl } from '../cold-control.ts';
import type { FigControl, ReloadOutcome } from '../control.ts';
import { sharedDigest } from '../starting/live-config.ts';
import { reachStore } from '../starting/reach-store.ts';
import type { RunningFig } from '../starting/running-fig.ts';
import type { ServiceStack } from '../starting/service-stack.ts';
import type { StartOptions } from '../starting/start-options.ts';
import type { EventTail } from '../tail/event-tail.ts';
import { openRole, type Role, roleControl, WorkReadiness } from './open-role.ts';
import { ProcessPresence, type PresenceOptions } from './process-presence.ts';

export interface Beginning {
  readonly role: ProcessRole;
  /** Throws FIG_CONFIG_INVALID for a config that the role has no use for. */
  readonly check?: ((config: NormalizedConfig) => void) | undefined;
  /** Why it is ready, in one sentence. */
  readonly reason: () => string;
  /** What it can show of changes and events. */
  readonly tail?: ((role: Role) => EventTail) | undefined;
}

/** A process without users that has begun. */
export interface BegunRole {
  readonly role: Role;
  /** What can be asked of it as long as it decides nothing. */
  readonly control: FigControl;
  readonly readiness: WorkReadiness;
  /** Reads the config again, here only. */
  readonly reload: () => Promise<ReloadOutcome>;
  /** False: it was ended before the control store answered, and does not work. */
  readonly isReached: boolean;
  readonly running: RunningFig;
  /** Tells the others of it, from its `start` on; it is on the stack. */
  readonly addPresence: (told?: Partial<Pick<PresenceOptions, 'id' | 'told' | 'configDigest'>>) => ProcessPresence;
  /** It works: it answers to whoever asks, and the others are told. */
  readonly open: (control: FigControl, presence: ProcessPresence) => Promise<void>;
}

/** What every role without users begins with; resolves when the control store has answered. Throws FIG_CONFIG_*, FIG_STORE_NEWER. */
export async function beginRole(
  { role: name, check, reason, tail }: Beginning,
  options: StartOptions,
  stack: ServiceStack,
): Promise<BegunRole> {
  const { version, log, onProgress, signal } = options;
  const role = await openRole(name, options, stack);
  const { config, live, store, addresses } = role;
  check?.(config);
  const readiness = new WorkReadiness(reason);
  const reload = (): Promise<ReloadOutcome> => live.reload({ reconfigure: () => undefined });
  const control = roleControl(role, {
    reload,
    readiness: readiness.current,
    ...(tail && { tail: tail(role) }),
  });
  const stop = (): Promise<void> => {
    readiness.end();
    return stack.stop();
  };
  const onCold = (trouble?: () => FigError): Promise<void> => role.administer(coldControl(control, trouble));
  const migrated = await reachStore({ store, onCold, signal, log });
  if (migrated === undefined) await onCold();
  else onProgress({ step: 'control store', state: 'done', detail: `${migrated.length} migrations run` });
  return {
    role,
    control,
    readiness,
    reload,
    isReached: migrated !== undefined,
    running: { control, addresses, stop },
    addPresence: (told = {}) => {
      const presence = new ProcessPresence({
        store,
        migration: config.name,
        role: name,
        version,
        configDigest: () => sharedDigest(live.current),
        addresses,
        startedAt: role.startedAt,
        told: () => Promise.resolve({ readiness: readiness.current() }),
        reload,
        log,
        ...told,
      });
      stack.add('presence', () => presence.stop());
      return presence;
    },
    open: async (answering, presence) => {
      readiness.begin();
      await role.administer(answering);
      presence.start();
    },
  };
}
