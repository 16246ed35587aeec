import type { Position } from '../../../kernel/position.ts';
import { logDigest, type SourceIdentity } from '../../postgres/identify-source.ts';

/** The logs that the source's log consists of, and where the server left each; it goes on with the one without an end. */
export type SourceLogs = ReadonlyMap<string, Position | undefined>;

/** What a migration captures of a log is its own, so it is part of the names. */
export function sourceLogs(
  migration: string,
  { system, timeline, history }: Pick<SourceIdentity, 'system' | 'timeline' | 'history'>,
): SourceLogs {
  const digest = (of: number): string => logDigest({ system: `${migration} ${system}`, timeline: of });
  return new Map<string, Position | undefined>([
    ...history.map((past) => [digest(past.timeline), past.end] as const),
    [digest(timeline), undefined],
  ]);
}

/** The name of the log that the server writes now. */
export function currentLog(logs: SourceLogs): string {
  const [name] = [...logs].find(([, end]) => end === undefined)!;
  return name;
}

/** Whether a place in a log is one that the source still has. */
export function isOfLogs(
  place: { readonly log: string; readonly position: Position } | undefined,
  logs: SourceLogs,
): boolean {
  if (!place || !logs.has(place.log)) return false;
  const end = logs.get(place.log);
  return end === undefined || place.position <= end;
}
