import type { EvidenceSummary } from '../kernel/evidence.ts';
import { FigError, describeError } from '../kernel/fig-error.ts';
import type { Log } from '../kernel/log.ts';
import { describeReads, type ReadState } from '../kernel/phase.ts';
import { startLoop, type Service } from '../kernel/service.ts';
import type { PhaseMove, PhaseRow } from '../store/phase-store.ts';
import { decideGate, describeNotReady, type GateHealth } from './decide-gate.ts';
import type {
  CutoverFeature,
  CutoverOutcome,
  CutoverPorts,
  GateReading,
  PromoteOrder,
  RollbackOrder,
} from './ports.ts';
import { nextState, rollbackTarget } from './read-phases.ts';

/** Who the audit names when fig moved reads by itself. */
export const automaticMover = 'fig (automatic)';

/** A rollback that meets another move looks again; so many in a row means that something else is wrong. */
const rollbackAttempts = 20;

export interface CutoverOptions {
  readonly features: readonly CutoverFeature[];
  readonly ports: CutoverPorts;
  readonly log: Log;
  /** Rest between two looks at the gates. 1,000 unless told. */
  readonly turnMs?: number | undefined;
}

/**
 * Who decides. Any number of controllers may run on one control store: a move is made on the revision that the decision
 * was based on, and while the version serves whose evidence it was, so of two that decide at once one moves and the other is
 * told so.
 *
 * Evidence belongs to one stay in a step. Entering a step forgets what an earlier stay in it left behind, so a step that
 * failed once can be passed later, and a proof from before a rollback does not carry reads forward after it.
 */
export class CutoverController {
  readonly #features: ReadonlyMap<string, CutoverFeature>;
  readonly #ports: CutoverPorts;
  readonly #log: Log;
  readonly #turnMs: number;

  constructor({ features, ports, log, turnMs = 1_000 }: CutoverOptions) {
    this.#features = new Map(features.map((feature) => [feature.name, feature]));
    this.#ports = ports;
    this.#log = log;
    this.#turnMs = turnMs;
  }

  /** Looks at every gate again and again. */
  start(): Service {
    return startLoop({
      name: 'cutover',
      maxRestMs: this.#turnMs,
      turn: async () => {
        await this.turn();
        return this.#turnMs;
      },
      onError: (error, attempt) => {
        // Powers of two: an outage is a dozen lines, not thousands.
        if ((attempt & (attempt - 1)) !== 0) return;
        this.#log.error({ attempt, error: describeError(error) }, 'gates could not be asked; phases stay as they are');
      },
    });
  }

  /** One look at every feature's gate. A feature that fails to be looked at keeps no other from it. */
  async turn(): Promise<void> {
    const failures: unknown[] = [];
    for (const feature of this.#features.values()) {
      try {
        await this.#advanceOrRetreat(feature);
      } catch (error) {
        failures.push(new Error(`feature ${feature.name}`, { cause: error }));
      }
    }
    if (failures.length > 0) throw new AggregateError(failures);
  }

  /** What the gate says now. Throws FIG_UNKNOWN_FEATURE. */
  async read(name: string): Promise<GateReading> {
    const feature = this.#featureOf(name);
    return this.#readGate(feature, await this.#ports.phases.ensureFeature(name));
  }

  /** One step forward. A refusal is an outcome, not an error. Throws FIG_UNKNOWN_FEATURE, FIG_WHY_REQUIRED. */
  async promote(name: string, order: PromoteOrder): Promise<CutoverOutcome> {
    const feature = this.#featureOf(name);
    const force = order.force === true;
    const why = order.why?.trim() ?? '';
    if (force && why === '') throw new FigError('FIG_WHY_REQUIRED', `a forced promotion of ${name} must say why`);

    const row = await this.#ports.phases.ensureFeature(name);
    const to = nextState(row.reads, feature.cutover.canary);
    if (to === undefined)
      return stay(row, undefined, `${name} is ${describeReads(row.reads)}: there is no further step`);

    const reading = await this.#readGate(feature, row);
    const { decision, health } = reading;
    if (!health.readModelReady) return stay(row, decision.result, describeNotReady(health));
    if (decision.result !== 'PASS' && !force) return stay(row, decision.result, decision.reason);

    const action = decision.result === 'PASS' ? 'promote' : 'force';
    const reason = action === 'force' ? `${why} (passed over the gate: ${decision.reason})` : decision.reason;
    // The operator's own words are what the audit keeps; without any, what the gate said.
    const move = moveOf(reading, { to, action, who: order.who, why: why === '' ? decision.reason : why });
    const moved = await this.#enter(move);
    if (moved === 'conflict') return this.#overtaken(row, decision.result);
    return {
      feature: name,
      moved: true,
      from: describeReads(row.reads),
      to: describeReads(to),
      gate: decision.result,
      reason,
    };
  }

  /**
   * Sends reads back; asks no gate, and needs nothing but the phases. Throws FIG_UNKNOWN_FEATURE, FIG_WHY_REQUIRED.
   */
  async rollback(name: string, order: RollbackOrder): Promise<CutoverOutcome> {
    this.#featureOf(name);
    const why = order.why.trim();
    if (why === '') throw new FigError('FIG_WHY_REQUIRED', `a rollback of ${name} must say why`);
    for (let attempt = 1; ; attempt += 1) {
      const row = await this.#ports.phases.ensureFeature(name);
      const choice = rollbackTarget(row.reads, order.to);
      const from = describeReads(row.reads);
      if (choice.kind === 'stay') {
        const reason =
          choice.reason === 'already there'
            ? `${name} is in ${from} already`
            : `${order.to} is not a way back from ${from}: use promote`;
        return stay(row, undefined, reason);
      }
      const { to } = choice;
      const move: PhaseMove = {
        feature: name,
        expectedRevision: row.revision,
        to,
        action: 'rollback',
        who: order.who,
        why,
      };
      const moved = await this.#retreat(move);
      if (moved !== 'conflict') {
        return { feature: name, moved: true, from, to: describeReads(to), gate: undefined, reason: why };
      }
      // A promotion that came between must not win over a rollback, so the rollback looks again and goes on.
      if (attempt === rollbackAttempts) return this.#overtaken(row, undefined);
    }
  }

  async #advanceOrRetreat(feature: CutoverFeature): Promise<void> {
    const row = await this.#ports.phases.ensureFeature(feature.name);
    // Nobody is served by the candidate here, and the way out is an operator's to choose.
    if (row.reads.phase === 'legacy' || row.reads.phase === 'shadow') return;

    const reading = await this.#readGate(feature, row);
    const { decision } = reading;
    const step = describeReads(row.reads);
    if (decision.result === 'FAIL') {
      if (decision.isOnlyOverdue === true) return;
      const choice = rollbackTarget(row.reads);
      if (choice.kind === 'stay') return;
      const why = `the gate of ${step} failed: ${decision.reason}`;
      await this.#retreat(moveOf(reading, { to: choice.to, action: 'rollback', who: automaticMover, why }));
      return;
    }
    const { automatic, dwellSeconds, canary } = feature.cutover;
    const to = nextState(row.reads, canary);
    if (decision.result !== 'PASS' || !automatic || row.secondsInStep < dwellSeconds || to === undefined) return;
    const why = `the gate of ${step} passed: ${decision.reason}`;
    await this.#enter(moveOf(reading, { to, action: 'promote', who: automaticMover, why }));
  }

  /** Forward: the step must begin without evidence, so forgetting comes first and nothing moves when it fails. */
  async #enter(move: PhaseMove): Promise<PhaseRow | 'conflict'> {
    await this.#ports.forgetEvidence(move.feature, describeReads(move.to));
    const moved = await this.#ports.phases.move(move);
    this.#report(move, moved);
    return moved;
  }

  /** Back: users come first. Evidence that could not be forgotten is no reason to go on serving them wrongly. */
  async #retreat(move: PhaseMove): Promise<PhaseRow | 'conflict'> {
    const moved = await this.#ports.phases.move(move);
    this.#report(move, moved);
    if (moved === 'conflict' || move.to.phase === 'legacy') return moved;
    try {
      await this.#ports.forgetEvidence(move.feature, describeReads(move.to));
    } catch (error) {
      const fields = { feature: move.feature, step: describeReads(move.to), error: describeError(error) };
      this.#log.error(fields, 'rolled back, but evidence of an earlier stay in the step still counts');
    }
    return moved;
  }

  async #readGate(feature: CutoverFeature, row: PhaseRow): Promise<GateReading> {
    // At once: another version may serve by the time that the rest is known.
    const { name, fingerprint, version, cutover: policy } = feature;
    const state = row.reads;
    const isServed = state.phase === 'canary' || state.phase === 'live';
    const breaker = isServed ? await this.#ports.breakerOf(name, row.enteredAt) : undefined;
    const health = { ...(await this.#healthOf(name)), ...(breaker && { breaker }) };
    if (state.phase === 'legacy') {
      const decision = decideGate({ state, health, policy, evidence: noEvidence(feature, state) });
      return { row, version, health, evidence: undefined, decision };
    }
    const step = describeReads(state);
    const evidence = await this.#ports.evidenceOf(name, fingerprint, step);
    const rules = await this.#ports.rulesOf(name, fingerprint, step);
    const { verdicts: counts, critical } = evidence;
    const topDifference =
      critical + counts.mismatch + counts.error > 0
        ? await this.#topDifferenceOf({ name, fingerprint }, step)
        : undefined;
    const decision = decideGate({ state, health, policy, evidence, rules, topDifference });
    return { row, version, health, evidence, decision };
  }

  /** A state that cannot be told holds the gate like one that is bad, and keeps nothing from going back. */
  async #healthOf(name: string): Promise<GateHealth> {
    try {
      return await this.#ports.healthOf(name);
    } catch (error) {
      const readModelReason = `the state of the read model cannot be told: ${describeError(error)}`;
      return { readModelReady: false, readModelReason, lagSeconds: undefined };
    }
  }

  /** A decision must not wait for a name that only makes its reason easier to read. */
  async #topDifferenceOf(
    { name, fingerprint }: Pick<CutoverFeature, 'name' | 'fingerprint'>,
    step: string,
  ): Promise<string | undefined> {
    try {
      return await this.#ports.topDifferenceOf(name, fingerprint, step);
    } catch (error) {
      this.#log.debug({ feature: name, error: describeError(error) }, 'the most frequent difference cannot be named');
      return undefined;
    }
  }

  async #overtaken(before: PhaseRow, gate: CutoverOutcome['gate']): Promise<CutoverOutcome> {
    const { feature } = before;
    const now = await this.#ports.phases.ensureFeature(feature);
    const from = describeReads(before.reads);
    const to = describeReads(now.reads);
    // The row as it was: what the decision was made on serves no more.
    const isSwapped = now.revision === before.revision;
    const reason = isSwapped ? 'another version took over' : `${feature} was moved from ${from} to ${to}`;
    return { feature, moved: false, from, to, gate, reason: `${reason} meanwhile` };
  }

  #featureOf(name: string): CutoverFeature {
    const feature = this.#features.get(name);
    if (feature) return feature;
    const known = [...this.#features.keys()].join(', ') || 'none';
    throw new FigError('FIG_UNKNOWN_FEATURE', `there is no feature ${JSON.stringify(name)}; the config has: ${known}`);
  }

  #report({ feature, to, action, who, why }: PhaseMove, moved: PhaseRow | 'conflict'): void {
    const fields = { feature, to: describeReads(to), action, who, why };
    if (moved === 'conflict')
      this.#log.info(fields, 'reads were moved, or given to another version, by somebody else meanwhile');
    else if (action === 'rollback') this.#log.warn(fields, 'reads went back');
    else this.#log.info(fields, 'reads moved on');
  }
}

function moveOf(
  { row, version, decision, evidence, health }: GateReading,
  move: Pick<PhaseMove, 'to' | 'action' | 'who' | 'why'>,
): PhaseMove {
  const { reason, blockers } = decision;
  // Every uncovered shape could be thousands; the audit needs to know how many there were.
  const known = evidence && {
    ...evidence,
    uncovered: evidence.uncovered.length,
    neverAgreed: evidence.neverAgreed?.length,
  };
  return {
    ...move,
    feature: row.feature,
    expectedRevision: row.revision,
    version,
    gate: decision.result,
    evidence: { reason, blockers, health, ...known },
  };
}

function stay(row: PhaseRow, gate: CutoverOutcome['gate'], reason: string): CutoverOutcome {
  const here = describeReads(row.reads);
  return { feature: row.feature, moved: false, from: here, to: here, gate, reason };
}

function noEvidence({ name, fingerprint }: CutoverFeature, state: ReadState): EvidenceSummary {
  return {
    feature: name,
    fingerprint,
    step: describeReads(state),
    verdicts: { match: 0, mismatch: 0, stale: 0, raced: 0, undetermined: 0, error: 0, skipped: 0 },
    critical: 0,
    uncovered: [],
    legacyP95Ms: undefined,
    candidateP95Ms: undefined,
  };
}
