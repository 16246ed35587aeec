import type { NormalizedCompareRules } from '../../src/config/compare-rules.ts';
import { rulesOfRoute } from '../../src/config/rule-list.ts';
import type { HttpAnswer } from '../../src/kernel/exchange.ts';
import type { Difference } from '../../src/kernel/verdict.ts';
import type { StoredAnswer, StoredBody, StoredPair } from '../../src/store/stored-pair.ts';
import { withoutImpliedOrder } from '../bodies/implied-order.ts';
import { orderKey } from '../bodies/element-tree.ts';
import { comparedHeaders } from '../headers/compared-headers.ts';
import type { Redactor } from '../redact.ts';
import { comparerFor } from './comparer-for.ts';
import { keepRulesOf } from './keep-rules.ts';
import { isAtOrBelow, isTouchedBy } from './path-touch.ts';
import { hidingRules, type HidingRule } from './stored-rules.ts';

export interface StoredComparison {
  readonly differences: readonly Difference[];
  /** Where it cannot be known from what is stored whether the answers differ, and why. */
  readonly unsure: readonly UnsurePlace[];
}

export interface UnsurePlace {
  /** A path as of a difference; undefined: anywhere. */
  readonly path: string | undefined;
  readonly reason: UnsureReason;
}

export type UnsureReason =
  /** A side gave no answer. */
  | 'no-answer'
  /** A body was too large to be kept, or to be compared. */
  | 'too-large'
  /** A body could not be read. */
  | 'unreadable'
  /** The header was not compared, and so not kept. */
  | 'header-not-kept'
  /** The value is a keyed hash, and a rule needs to know more of it than whether it is the same. */
  | 'redacted'
  /** There are more differences than are listed. */
  | 'too-many';

const redacted = '<redacted:';
const elementKinds: ReadonlySet<string> = new Set(['html', 'xml']);

/** Compares the answers of a stored pair again, for which hashes stand for values. No I/O. */
export function storedComparer(
  rules: NormalizedCompareRules,
  route: string,
  redactor: Redactor,
): (pair: StoredPair) => StoredComparison {
  // What was personal when it was stored is a hash by now, and grouped as what it was.
  const known: Redactor = {
    ...redactor,
    isPersonal: (text) => text.includes(redacted) || redactor.isPersonal(text),
  };
  const comparer = comparerFor({ ...rules, headers: ['content-type'] }, route, known);
  const hiding = hidingRules(rules, route);
  const { headers: headerNames } = keepRulesOf(rules, route);
  const torn = hiding.flatMap(({ to, path }) => (to !== undefined && isWithinHash(path, rules, route) ? to : []));
  const isUnsure = (difference: Difference): boolean =>
    mayBeHidden(difference, hiding) || torn.some((to) => isOneSided(difference) && isTouchedBy(to, difference.at));

  return ({ legacy, candidate }) => {
    if (legacy === undefined || candidate === undefined) return unsureOf(undefined, 'no-answer');
    const [ours, theirs] = [asAnswer(legacy), asAnswer(candidate)];
    if (legacy.status !== candidate.status) return fromComparer(comparer.compare(ours, theirs), false);
    const headers = compareHeaders(legacy, candidate, comparedHeaders(legacy.status, headerNames));
    const bodies = compareBodies(legacy.body, candidate.body);
    return {
      differences: [...headers.differences, ...bodies.differences],
      unsure: [...headers.unsure, ...bodies.unsure],
    };

    function compareBodies(mine: StoredBody, other: StoredBody): StoredComparison {
      for (const { form } of [mine, other]) {
        if (form === 'too-large' || form === 'unreadable') return unsureOf(undefined, form);
      }
      if (mine.form === 'tree' && other.form === 'tree' && mine.kind === other.kind) {
        return fromComparer(comparer.compare(ours, theirs), elementKinds.has(mine.kind));
      }
      const isSame = mine.form === 'opaque' && other.form === 'opaque' && mine.hash === other.hash;
      return { differences: isSame ? [] : [bodyDifference(mine, other)], unsure: [] };
    }
  };

  function fromComparer(compared: ReturnType<typeof comparer.compare>, isOfElements: boolean): StoredComparison {
    if (compared.outcome === 'equal') return { differences: [], unsure: [] };
    if (compared.outcome === 'undetermined') return unsureOf(undefined, 'too-large');
    const found = isOfElements ? withoutImpliedOrder(compared.differences) : compared.differences;
    const unsure: UnsurePlace[] = found.filter(isUnsure).map(({ path }) => ({ path, reason: 'redacted' }));
    if (compared.truncated) unsure.push({ path: undefined, reason: 'too-many' });
    return { differences: found.filter((difference) => !isUnsure(difference)), unsure };
  }
}

/** Whether a place is only a part of what is personal as a whole, of which a hash is stored: nothing can be moved out of that. */
function isWithinHash(path: string, rules: NormalizedCompareRules, route: string): boolean {
  const personal = rulesOfRoute(rules, route).rules.filter(({ kind }) => kind === 'redact');
  return personal.some(({ path: above }) => isAtOrBelow(path, above) && !isAtOrBelow(above, path));
}

function isOneSided({ kind }: Difference): boolean {
  return kind === 'missing' || kind === 'extra';
}

/** Whether a rule could let the difference pass if it saw the values themselves. */
function mayBeHidden({ path, at, legacy = '', candidate = '' }: Difference, rules: readonly HidingRule[]): boolean {
  if (!path.startsWith('$')) return false;
  // The order of elements was written down without knowing which of them are ignored.
  const isOrder = at.endsWith(`['${orderKey}']`);
  if (isOrder)
    return rules.some(
      ({ rule, path: of }) => rule === 'ignore' && isAtOrBelow(of, at.slice(0, -`['${orderKey}']`.length)),
    );
  return `${legacy}${candidate}`.includes(redacted) && rules.some((rule) => isAtOrBelow(rule.path, at));
}

function compareHeaders(legacy: StoredAnswer, candidate: StoredAnswer, names: readonly string[]): StoredComparison {
  const differences: Difference[] = [];
  const unsure: UnsurePlace[] = [];
  for (const name of names) {
    const path = `header ${name}`;
    const [ours, theirs] = [legacy, candidate].map(({ headers }) =>
      Object.hasOwn(headers, name) ? headers[name] : undefined,
    );
    if (ours === undefined || theirs === undefined) unsure.push({ path, reason: 'header-not-kept' });
    else if (ours !== theirs) {
      const [left, right] = [ours, theirs].map((hash) => (hash === '' ? undefined : hash));
      differences.push({ kind: 'header', path, at: path, legacy: left, candidate: right, critical: false });
    }
  }
  return { differences, unsure };
}

/** An answer that reads as the stored one: a tree is JSON, whatever it was made of. */
function asAnswer({ status, body }: StoredAnswer): HttpAnswer {
  const text = body.form === 'tree' ? body.text : '';
  return { status, headers: ['content-type', 'application/json'], body: Buffer.from(text) };
}

function bodyDifference(legacy: StoredBody, candidate: StoredBody): Difference {
  return {
    kind: 'body',
    path: 'body',
    at: 'body',
    legacy: shownBody(legacy),
    candidate: shownBody(candidate),
    critical: false,
  };
}

function shownBody(body: StoredBody): string {
  return body.form === 'opaque' ? `${body.bytes} bytes ${body.hash}` : `a body of another type`;
}

function unsureOf(path: string | undefined, reason: UnsureReason): StoredComparison {
  return { differences: [], unsure: [{ path, reason }] };
}
