import { readModelFingerprint } from '../../config/fingerprint.ts';
import type { CapturedReadModel } from '../../config/read-model-kinds.ts';
import type { Log } from '../../kernel/log.ts';
import type { Position } from '../../kernel/position.ts';
import { ProjectionStore } from '../../store/projection-store.ts';
import { readModelNames } from '../../store/read-model-names.ts';
import { projectionFingerprint, type SourceIdentity } from '../postgres/identify-source.ts';
import type { Finding } from '../postgres/preflight/finding.ts';
import type { Refusal } from '../postgres/preflight/inspect-source.ts';
import { describeFindings } from '../postgres/preflight/refuse-on-errors.ts';
import type { LogHolder } from './bound-holds.ts';
import { demandsOf } from './demands-of.ts';
import { tellGivenUp } from './given-up.ts';
import { judgePosition } from './judge-position.ts';
import type { SessionOptions } from './session-options.ts';

/** A read model that preflight refuses for a table of its own, while the others are kept in step. */
export class RefusedModel implements LogHolder {
  readonly definition: CapturedReadModel;
  /** Of the version: `order_summary_v1`. */
  readonly name: string;
  readonly error: string;
  readonly isOut = true;
  readonly #log: Log;
  #needsFrom: Position | undefined;

  constructor(definition: CapturedReadModel, errors: readonly Finding[], log: Log) {
    this.definition = definition;
    this.name = readModelNames(definition).projection;
    this.error = `preflight refuses the read model:\n${describeFindings(errors)}`;
    this.#log = log;
  }

  /** The server has to keep its log from here on, so that it can go on once it is mended; undefined: it is copied anew. */
  get needsFrom(): Position | undefined {
    return this.#needsFrom;
  }

  /** Its reads go to legacy, and it is said why. */
  tell({ onPosition, onState }: Pick<SessionOptions, 'onPosition' | 'onState'>): void {
    onPosition(this.name, undefined);
    onState(this.name, { state: 'failed', progress: 0, error: this.error });
    const fields = { readModel: this.name, code: 'FIG_PREFLIGHT_REFUSED', error: this.error };
    this.#log.error(fields, 'a read model is refused until its tables are mended; the others go on');
  }

  /** Finds out what has to be kept for it. `confirmed`: what lies before is gone. */
  async stand(target: SessionOptions['target'], confirmed: Position, identity: SourceIdentity): Promise<void> {
    const stored = await new ProjectionStore().find(target, this.name);
    const fingerprint = projectionFingerprint(readModelFingerprint(this.definition), identity);
    const isOfUse = stored?.fingerprint === fingerprint && judgePosition(stored, confirmed, identity) === 'resume';
    this.#needsFrom = isOfUse ? stored.position : undefined;
  }

  giveUp(why: string): void {
    if (this.#needsFrom === undefined) return;
    this.#needsFrom = undefined;
    tellGivenUp(this.#log, this.name, why);
  }
}

/** Those of which no table is refused, and the others. */
export function divideModels(
  readModels: readonly CapturedReadModel[],
  refusals: readonly Refusal[],
  log: Log,
): { readonly taken: readonly CapturedReadModel[]; readonly refused: readonly RefusedModel[] } {
  const taken: CapturedReadModel[] = [];
  const refused: RefusedModel[] = [];
  for (const model of readModels) {
    const errors = errorsOf(model, refusals);
    if (errors.length === 0) taken.push(model);
    else refused.push(new RefusedModel(model, errors, log));
  }
  return { taken, refused };
}

/** What stands against a read model. */
export function errorsOf(model: CapturedReadModel, refusals: readonly Refusal[]): readonly Finding[] {
  const demands = new Set(demandsOf([model]).map((demand) => JSON.stringify(demand)));
  return refusals.filter(({ demand }) => demands.has(JSON.stringify(demand))).flatMap(({ errors }) => errors);
}
