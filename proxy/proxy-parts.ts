import type { IncomingMessage } from 'node:http';
import type { PathPolicy } from '../src/config/edge-definition.ts';
import type { Log } from '../src/kernel/log.ts';
import type { RoutingSnapshot } from '../src/kernel/phase.ts';
import type { CandidateDesk } from './ask-candidate.ts';
import type { Breakers } from './breakers.ts';
import type { HeldBodies } from './body-query/held-bodies.ts';
import type { Explain } from './explain.ts';
import type { CopyDesk } from './hand-copy.ts';
import type { Load } from './load.ts';
import type { Origin } from './origin.ts';
import type { OwnWrites } from './own-writes.ts';
import type { VersionedRead } from './proxy-options.ts';
import type { RouteTable } from './route-table.ts';
import type { UpstreamPool } from './upstream/upstream-pool.ts';
import type { IdentityRules } from './upstream-headers.ts';
import type { VisitorRules } from './visitor.ts';

/** What the main line calls on. */
export interface ProxyParts {
  readonly legacy: UpstreamPool;
  readonly routes: RouteTable;
  readonly paths: PathPolicy;
  readonly identity: IdentityRules;
  readonly originOf: (req: IncomingMessage) => Origin;
  readonly routing: () => RoutingSnapshot;
  readonly visitor: VisitorRules;
  readonly fenceSecret: Uint8Array;
  readonly ownWrites: OwnWrites;
  readonly isParked: (read: VersionedRead) => boolean;
  readonly candidates: CandidateDesk;
  readonly breakers: Breakers;
  readonly explain: Explain;
  readonly copies: CopyDesk;
  readonly load: Load;
  readonly bodies: HeldBodies;
  readonly log: Log;
}
