import type { NormalizedEvents } from '../../config/events-definition.ts';
import { FigError } from '../../kernel/fig-error.ts';

/** The part of `fig sync` that a process does by itself. */
export type SyncPart = 'capture' | 'project';

/** Throws FIG_CONFIG_INVALID where nothing carries changes from one part to the other. */
export function checkPart(part: SyncPart, { via }: Pick<NormalizedEvents, 'via'>): void {
  if (via === 'kafka' || (via === 'debezium' && part === 'project')) return;
  const why =
    via === 'direct'
      ? `events.via: with \`direct\`, nothing carries changes to or from \`fig sync ${part}\``
      : `events.via: with \`debezium\`, the connector captures, and \`fig sync ${part}\` has nothing to do`;
  const remedy =
    via === 'direct'
      ? 'Run `fig sync`, which captures and applies in one process, or let the changes travel by a topic: docs/kafka.md.'
      : 'Run `fig sync`, or `fig sync project`.';
  throw new FigError('FIG_CONFIG_INVALID', why, { remedy });
}
