import { projections } from './0001-projections.ts';
import { evidence } from './0002-evidence.ts';
import { cutover } from './0003-cutover.ts';
import { routing } from './0004-routing.ts';
import { projectionTimeline } from './0005-projection-timeline.ts';
import { deadLetters } from './0006-dead-letters.ts';
import { reconciliation } from './0007-reconciliation.ts';
import { sourceShapes } from './0008-source-shapes.ts';
import { batchLoads } from './0009-batch-loads.ts';
import { servingVersions } from './0010-serving-versions.ts';
import { parkedChanges } from './0011-parked-changes.ts';
import { columnBackfill } from './0012-column-backfill.ts';
import { identitySuspicion } from './0013-identity-suspicion.ts';
import { owedRows } from './0014-owed-rows.ts';
import { projectionEpoch } from './0015-projection-epoch.ts';
import { spoiledEvidence } from './0016-spoiled-evidence.ts';
import { ruleHits } from './0017-rule-hits.ts';
import { requestFacts } from './0018-request-facts.ts';
import { storedPairs } from './0019-stored-pairs.ts';
import { legacyVariation } from './0020-legacy-variation.ts';
import { quarantine } from './0021-quarantine.ts';
import { transport } from './0022-transport.ts';
import { processes } from './0023-processes.ts';
import { partialEvidence } from './0026-partial-evidence.ts';
import { seats } from './0027-seats.ts';
import { transportWork } from './0028-transport-work.ts';
import { parkedEvents } from './0029-parked-events.ts';
import { eventTopics } from './0030-event-topics.ts';
import { eventFigures } from './0031-event-figures.ts';
import type { ControlStoreMigration } from './migration.ts';

/** Every migration of the control store, in order. Only ever appended to. */
export const allMigrations: readonly ControlStoreMigration[] = [
  projections,
  evidence,
  cutover,
  routing,
  projectionTimeline,
  deadLetters,
  reconciliation,
  sourceShapes,
  batchLoads,
  servingVersions,
  parkedChanges,
  columnBackfill,
  identitySuspicion,
  owedRows,
  projectionEpoch,
  spoiledEvidence,
  ruleHits,
  requestFacts,
  storedPairs,
  legacyVariation,
  quarantine,
  transport,
  processes,
  partialEvidence,
  seats,
  transportWork,
  parkedEvents,
  eventTopics,
  eventFigures,
];
