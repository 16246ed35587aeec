/** The brokers choose another leader within that. */
const FAILING_SECONDS = 10;
/** A long queue may move all the same: its first event is younger then. */
const WAITING_SECONDS = 60;

export interface PublishingFigures {
  readonly waiting: number;
  readonly oldestSeconds: number | undefined;
  readonly hasProcess: boolean;
  readonly failingSeconds: number | undefined;
  readonly problem: string | undefined;
}

/** Why events that wait are not published, in one sentence; undefined: they are, or none waits. No I/O. */
export function judgePublishing(figures: PublishingFigures): string | undefined {
  const { waiting, oldestSeconds = 0, hasProcess, failingSeconds = 0, problem } = figures;
  const failing = problem !== undefined && failingSeconds >= FAILING_SECONDS;
  // What cannot be published will not be when something comes to wait.
  if (failing) return `nothing can be published: ${problem}`;
  if (waiting === 0) return undefined;
  if (!hasProcess && oldestSeconds >= FAILING_SECONDS) return 'events wait to be published, and no process does it';
  return oldestSeconds >= WAITING_SECONDS ? 'events wait for longer than a minute to be published' : undefined;
}
