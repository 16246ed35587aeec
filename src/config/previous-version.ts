import { type AnyReadModelDefinition, isCaptured } from './read-model-kinds.ts';

// Nothing here does I/O.

interface VersionedFeature {
  readonly readModel?: unknown;
  readonly queries?: object | undefined;
  readonly candidate?: unknown;
  readonly keyedBy?: object | undefined;
  readonly previous?: { readonly readModel: unknown; readonly queries?: object | undefined } | undefined;
}

/** What is wrong with a feature's previous version, with the key that it is wrong under. */
export function previousProblems(feature: VersionedFeature): readonly {
  readonly key: 'readModel' | 'queries';
  readonly message: string;
}[] {
  const { readModel, queries = {}, candidate, keyedBy = {}, previous } = feature;
  if (previous === undefined) return [];
  if (candidate !== undefined) return [{ key: 'readModel', message: 'a feature that is answered in this process' }];
  // The schema has looked at both, and says itself what is wrong with their shape.
  const [before, now] = [previous.readModel, readModel] as [AnyReadModelDefinition, AnyReadModelDefinition | undefined];
  if (now === undefined) return [];
  const problems: { key: 'readModel' | 'queries'; message: string }[] = [];
  if (!isCaptured(now) || !isCaptured(before)) {
    problems.push({ key: 'readModel', message: 'two versions that are both kept by capture' });
  } else if (before.key !== now.key && Object.keys(keyedBy).length > 0) {
    // A parameter that holds the key of one is no key of the other: reads of what that one has parked would be let through.
    problems.push({ key: 'readModel', message: `a version with the key ${now.key}, as keyedBy holds for both` });
  }
  if (before.name !== now.name) problems.push({ key: 'readModel', message: `a version of ${now.name}` });
  else if (!(before.version < now.version)) {
    problems.push({ key: 'readModel', message: `a version of ${now.name} before ${now.version}` });
  }
  const [theirs, ours] = [previous.queries ?? queries, queries].map((each) => Object.keys(each).toSorted());
  if (theirs!.join('\n') !== ours!.join('\n')) {
    problems.push({ key: 'queries', message: 'handlers for the same routes as the queries of the feature' });
  }
  return problems;
}
