import type { Log } from '../../kernel/log.ts';
import type { ProgressEvent, StartAdmin } from '../running-fig.ts';

/** What every role is started with. */
export interface RoleOptions {
  readonly configFile: string;
  readonly version: string;
  /** In place of the config's. */
  readonly adminPort?: number | undefined;
  /** Whose `.fig/` holds what is kept on disk. Default: the current folder. */
  readonly folder?: string | undefined;
  readonly onProgress: (event: ProgressEvent) => void;
  readonly log: Log;
  readonly startAdmin: StartAdmin;
  /** Ends the wait for what a role needs to begin. */
  readonly signal: AbortSignal;
}
