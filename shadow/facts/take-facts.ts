import type { EvidenceFacts, Facts, FactValue, GroupFacts } from '../../src/kernel/facts.ts';
import type { Difference } from '../../src/kernel/verdict.ts';
import type { PlaceStep } from '../json-path.ts';
import { isArray, isObject, type JsonValue } from '../json/json-value.ts';
import { maxDifferences } from '../json/list-differences.ts';
import type { Redactor } from '../redact.ts';
import { addBodyFacts, type PickElement, type RuledBody } from './body-facts.ts';
import { innermostArray, pickEvenly, pickTowards, placeBeside, stepsOf } from './pick-elements.ts';

export interface FactSource {
  /** Of the question, see question-facts.ts. */
  readonly question: ReadonlyMap<string, FactValue>;
  /** Legacy's; undefined where it has no places. */
  readonly body: RuledBody | undefined;
  /** Of the evidence. What is picked is picked by it, so the same evidence always shows the same. */
  readonly key: Uint8Array;
  readonly redactor: Redactor;
}

export function factsOfMatch(source: FactSource): EvidenceFacts {
  return { match: factsWith(source, pickEvenly(source.key)) };
}

/** Of each group that `isWanted`: facts of one of the places that differ, and of one beside it that does not. */
export function factsOfDifferences(
  source: FactSource,
  differences: readonly Difference[],
  isWanted: (path: string, kind: string) => boolean,
): EvidenceFacts {
  const groups = new Map<string, Difference[]>();
  for (const difference of differences) {
    const name = `${difference.kind} ${difference.path}`;
    const group = groups.get(name);
    if (group) group.push(difference);
    else groups.set(name, [difference]);
  }
  // With a full list, what is not in it may differ as well.
  const isComplete = differences.length < maxDifferences;
  return {
    groups: [...groups.values()].flatMap((group) =>
      isWanted(group[0]!.path, group[0]!.kind) ? factsOfGroup(source, group, isComplete) : [],
    ),
  };
}

function factsOfGroup(source: FactSource, group: readonly Difference[], isComplete: boolean): GroupFacts {
  const shown = group[pickEvenly(source.key)([], group.length) ?? 0]!;
  const { path, kind, legacy, candidate } = shown;
  const steps = stepsOf(shown.at);
  // Of what only the candidate has, the position is the candidate's.
  const place = steps && kind === 'extra' && typeof steps.at(-1) === 'number' ? steps.slice(0, -1) : steps;
  const differs = factsWith(source, pickTowards(place ?? []));
  const beside = place && isComplete ? besideOf(source, place, group) : undefined;
  return { path, kind, differs, beside, legacy, candidate };
}

function besideOf(source: FactSource, place: readonly PlaceStep[], group: readonly Difference[]): Facts | undefined {
  const at = innermostArray(place);
  const array = at < 0 ? undefined : valueAt(source.body?.value, place.slice(0, at));
  if (!isArray(array)) return undefined;
  const differing = new Set(group.map((difference) => stepsOf(difference.at)?.[at]));
  const others = [...array.keys()].filter((index) => !differing.has(index));
  const chosen = others[pickEvenly(source.key)([], others.length) ?? 0];
  return chosen === undefined ? undefined : factsWith(source, pickTowards(placeBeside(place, chosen)));
}

function factsWith({ question, body, redactor }: FactSource, pick: PickElement): Facts {
  const facts = new Map(question);
  if (body) addBodyFacts(facts, body, pick, redactor);
  return Object.fromEntries(facts);
}

function valueAt(value: JsonValue | undefined, place: readonly PlaceStep[]): JsonValue | undefined {
  return place.reduce<JsonValue | undefined>((found, step) => {
    if (isArray(found) && typeof step === 'number') return found[step];
    return isObject(found) && typeof step === 'string' ? found.get(step) : undefined;
  }, value);
}
