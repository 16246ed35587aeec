import type { ClientBase } from 'pg';
import type { Position } from '../kernel/position.ts';

/** Where the process that keeps read models in step announces how far they are. */
export const readModelChannel = 'fig_read_models';
/** PostgreSQL refuses notices of 8,000 bytes. */
const MAX_NOTICE_BYTES = 7_500;

/** What is told of a read model. */
export interface ReadModelState {
  readonly readModel: string;
  /** Undefined: it cannot be read. */
  readonly position: Position | undefined;
  /** Grows with everything that whoever trusts the position has to know besides: keys that are parked, another log. */
  readonly revision: number;
  /** JSON: how it stands otherwise. */
  readonly state: unknown;
}

/** The same as it is stored, with who said so. */
export interface StoredReadModelState extends ReadModelState {
  /** Who has the later claim is believed. */
  readonly claim: number;
  /** Counts what was told under that claim, in notices too. */
  readonly number: number;
  readonly process: string;
  readonly sourceLog: string | undefined;
  /** Milliseconds for which it holds from the question on, by the database's clock; none or less: it does not any more. */
  readonly leftMs: number;
}

/** How far read models are, without the way to the table. */
export interface ReadModelNotice {
  readonly claim: number;
  readonly number: number;
  readonly moved: readonly { readonly readModel: string; readonly position: Position; readonly revision: number }[];
}

export interface TellOrder {
  readonly claim: number;
  readonly number: number;
  readonly process: string;
  readonly sourceLog: string | undefined;
  readonly leaseMs: number;
  readonly states: readonly ReadModelState[];
  /** Whether others are woken. */
  readonly isNews: boolean;
}

/** A claim that is later than all others. */
export async function takeClaim(client: ClientBase): Promise<number> {
  const { rows } = await client.query<{ claim: string }>(`SELECT nextval('fig.read_model_claim') AS claim`);
  return Number(rows[0]?.claim);
}

/** Those of these read models that another process holds. */
export async function heldByOthers(
  client: ClientBase,
  process: string,
  readModels: readonly string[],
): Promise<ReadonlySet<string>> {
  const { rows } = await client.query<{ read_model: string }>(
    `SELECT read_model FROM fig.read_model_state
     WHERE read_model = ANY ($1) AND process <> $2 AND expires_at > clock_timestamp()`,
    [readModels, process],
  );
  return new Set(rows.map(({ read_model: name }) => name));
}

/**
 * Stores how read models stand and, when that is news, wakes the others. Gives those that it did not store: somebody has a
 * later claim on them.
 */
export async function tellStates(client: ClientBase, order: TellOrder): Promise<readonly string[]> {
  const { claim, number, process, sourceLog, leaseMs, states, isNews } = order;
  const given = states.map(({ readModel, position, revision, state }) => ({
    read_model: readModel,
    position: position?.toString() ?? null,
    revision,
    state,
  }));
  const { rows } = await client.query<{ told: string[] | null }>(
    `WITH given AS (
       SELECT * FROM json_to_recordset($1) AS g(read_model text, position numeric, revision bigint, state jsonb)
     ), told AS (
       INSERT INTO fig.read_model_state AS s
         (read_model, claim, number, process, position, source_log, revision, state, expires_at)
       SELECT read_model, $2, $3, $4, position, $5, revision, state, clock_timestamp() + $6 * interval '1 millisecond'
       FROM given ORDER BY read_model
       ON CONFLICT (read_model) DO UPDATE SET claim = excluded.claim, number = excluded.number,
         process = excluded.process, position = excluded.position, source_log = excluded.source_log,
         revision = excluded.revision, state = excluded.state, expires_at = excluded.expires_at
       WHERE s.claim <= excluded.claim
       RETURNING read_model
     )
     SELECT (SELECT array_agg(read_model) FROM told) AS told, CASE WHEN $7::boolean THEN pg_notify($8, '') END`,
    [JSON.stringify(given), claim, number, process, sourceLog ?? null, leaseMs, isNews, readModelChannel],
  );
  const told = new Set(rows[0]?.told);
  return states.map(({ readModel }) => readModel).filter((name) => !told.has(name));
}

/**
 * Withdraws what anybody has told of a read model, so that whoever asks from now on does not trust it. Gives the milliseconds
 * after which nobody does who asked before. What `process` tells next counts; what others told before does not any more.
 */
export async function withdrawState(client: ClientBase, process: string, readModel: string): Promise<number> {
  const { rows } = await client.query<{ left_ms: number }>(
    `WITH before AS (SELECT claim, process, expires_at FROM fig.read_model_state WHERE read_model = $2 FOR UPDATE),
     withdrawn AS (
       UPDATE fig.read_model_state s SET position = NULL, process = $1, number = s.number + 1,
         claim = CASE WHEN before.process = $1 THEN s.claim ELSE nextval('fig.read_model_claim') END
       FROM before WHERE s.read_model = $2
     )
     SELECT greatest(0, extract(epoch FROM expires_at - clock_timestamp()) * 1000)::float8 AS left_ms,
       pg_notify($3, '') FROM before`,
    [process, readModel, readModelChannel],
  );
  return rows[0]?.left_ms ?? 0;
}

/** Tells how far read models are, and stores nothing. */
export async function tellNotice(client: ClientBase, { claim, number, moved }: ReadModelNotice): Promise<void> {
  const text = JSON.stringify([claim, number, moved.map((one) => [one.readModel, String(one.position), one.revision])]);
  // Too long for a notice: the table tells it a moment later.
  if (Buffer.byteLength(text) > MAX_NOTICE_BYTES) return;
  await client.query('SELECT pg_notify($1, $2)', [readModelChannel, text]);
}

/** Undefined: it says no more than that there is news in the table, as does a text that is not ours. */
export function readNotice(text: string): ReadModelNotice | undefined {
  if (text === '') return undefined;
  try {
    const [claim, number, moved] = JSON.parse(text) as [number, number, [string, string, number][]];
    return {
      claim,
      number,
      moved: moved.map(([readModel, position, revision]) => ({ readModel, position: BigInt(position), revision })),
    };
  } catch {
    return undefined;
  }
}

interface StoredRow {
  readonly read_model: string;
  readonly claim: string;
  readonly number: string;
  readonly process: string;
  readonly position: string | null;
  readonly source_log: string | null;
  readonly revision: string;
  readonly state: unknown;
  readonly left_ms: number;
}

export async function readStates(client: ClientBase): Promise<readonly StoredReadModelState[]> {
  const { rows } = await client.query<StoredRow>(
    `SELECT read_model, claim, number, process, position, source_log, revision, state,
       (extract(epoch FROM expires_at - clock_timestamp()) * 1000)::float8 AS left_ms
     FROM fig.read_model_state`,
  );
  return rows.map((row) => ({
    readModel: row.read_model,
    claim: Number(row.claim),
    number: Number(row.number),
    process: row.process,
    position: row.position === null ? undefined : BigInt(row.position),
    sourceLog: row.source_log ?? undefined,
    revision: Number(row.revision),
    state: row.state,
    leftMs: row.left_ms,
  }));
}
