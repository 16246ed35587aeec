import type { Client } from 'pg';
import type { CapturedReadModel } from '../../config/read-model-kinds.ts';
import type { SourceTable } from '../postgres/catalog.ts';
import { inspectSource } from '../postgres/preflight/inspect-source.ts';
import type { SourceDemand } from '../postgres/preflight/finding.ts';
import { refuseOnErrors } from '../postgres/preflight/refuse-on-errors.ts';
import { ensurePublished } from '../postgres/publication.ts';
import { withdrawExposed } from '../postgres/withdraw-exposed.ts';
import { demandsOf } from './demands-of.ts';
import { leaveModelsOf } from './leave-models-of.ts';
import { divideModels, type RefusedModel } from './refused-model.ts';
import type { SessionOptions } from './session-options.ts';
import { suspectUnpublished } from './suspect-unpublished.ts';

export interface PrepareOptions extends Pick<
  SessionOptions,
  'url' | 'target' | 'readModels' | 'times' | 'log' | 'onFindings' | 'onPosition'
> {
  readonly onRefused: (model: RefusedModel) => void;
}

export interface PreparedSource {
  readonly taken: readonly CapturedReadModel[];
  /** These take no part: something is wrong with a table of theirs. */
  readonly refused: readonly RefusedModel[];
  /** Tables that read models ask for, also those that are refused. */
  readonly demands: readonly SourceDemand[];
  /** Tables that are captured, as they are now. */
  readonly captured: ReadonlyMap<string, SourceTable>;
}

/**
 * Checks the legacy database and publishes what is to be captured. `name` is that of slot and publication. Throws
 * FIG_PREFLIGHT_REFUSED when nothing can be captured.
 */
export async function prepareSource(client: Client, name: string, options: PrepareOptions): Promise<PreparedSource> {
  const { publishBudgetMs } = options.times;
  const demands = demandsOf(options.readModels);
  const inspected = await inspectSource(client, { url: options.url, slot: name, demands });
  const { findings, refusals, tables: found } = inspected;
  options.onFindings(findings);
  const leave = (table: string): void => leaveModelsOf(table, options);
  await suspectUnpublished(client, name, found, { demands, target: options.target, leave });
  await withdrawExposed(client, name, findings, { onExposed: leave, budgetMs: publishBudgetMs, log: options.log });
  refuseOnErrors(inspected.ofServer);
  const { taken, refused } = divideModels(options.readModels, refusals, options.log);
  if (taken.length === 0) refuseOnErrors(findings);
  for (const model of refused) options.onRefused(model);
  const wanted = new Set(demandsOf(taken).map(({ table }) => table));
  const captured = new Map([...found].filter(([table]) => wanted.has(table)));
  await ensurePublished(client, name, [...captured.keys()], publishBudgetMs);
  return { taken, refused, demands, captured };
}
