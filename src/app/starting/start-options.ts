import type { Log } from '../../kernel/log.ts';
import type { ProgressEvent, StartAdmin } from './running-fig.ts';

/** What every process of a migration is started with. */
export interface StartOptions {
  readonly configFile: string;
  readonly version: string;
  /** In place of the config's. */
  readonly adminPort?: number | undefined;
  /** Whose `.fig/` holds what is kept on disk. Default: the current folder. */
  readonly folder?: string | undefined;
  readonly onProgress: (event: ProgressEvent) => void;
  readonly log: Log;
  readonly startAdmin: StartAdmin;
  /** Ends the wait for what it needs to begin. What serves by then goes on serving. */
  readonly signal: AbortSignal;
}

/** For a process that serves users. */
export interface ProxyStartOptions extends StartOptions {
  /** Processes that share the port, each on a core of its own. Default 1: this process serves them itself. */
  readonly workers?: number | undefined;
}
