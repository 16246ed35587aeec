import type { CapturedReadModel } from '../../config/read-model-kinds.ts';
import { qualifiedSource } from '../../store/read-model-names.ts';
import type { SourceDemand } from '../postgres/preflight/finding.ts';

/** The legacy tables that read models are made from, each with the key that they declare. */
export function demandsOf(readModels: readonly CapturedReadModel[]): readonly SourceDemand[] {
  const demands = new Map<string, readonly string[]>();
  for (const { sources } of readModels) {
    for (const [name, { key }] of Object.entries(sources)) demands.set(qualifiedSource(name), [key].flat());
  }
  return [...demands].map(([table, key]) => ({ table, key }));
}
