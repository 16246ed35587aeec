import type { CapturedReadModel } from '../../config/read-model-kinds.ts';
import { qualifiedSource } from '../../store/read-model-names.ts';
import type { SourceDemand } from '../postgres/preflight/finding.ts';

/** The legacy tables that read models are made from, with every key that one of them declares. */
export function demandsOf(readModels: readonly CapturedReadModel[]): readonly SourceDemand[] {
  const demands = new Map<string, SourceDemand>();
  for (const { sources } of readModels) {
    for (const [name, { key }] of Object.entries(sources)) {
      const demand = { table: qualifiedSource(name), key: [key].flat() };
      demands.set(JSON.stringify(demand), demand);
    }
  }
  return [...demands.values()];
}
