// Nothing here does I/O.

/** What a rule hid in the answers of one route, in one step. */
export interface RuleOnRoute {
  readonly route: string;
  /** Answers in which it hid a difference. */
  readonly hidden: number;
  /** Answers of which it is known what rules hid in them, and those of which it is not. */
  readonly known: number;
  readonly unknown: number;
}

/** What a gate asks of a comparison rule. */
export interface RuleHealth {
  /** `ignore rule $.etag` */
  readonly rule: string;
  /** The route that it was written for; undefined: all of the feature. */
  readonly route: string | undefined;
  /** When it expired, as the config says it; undefined: it has not. */
  readonly expired: string | undefined;
  /** Share of a route's answers in which it may hide something; 1: no cap. */
  readonly maxHidden: number;
  readonly routes: readonly RuleOnRoute[];
}

/** Until so many answers are known a share is taken of so many: the first answer is not all of them. */
const fewestAnswers = 100;

export interface RuleFaults {
  /** Caps that are exceeded: more is hidden than somebody thought right. */
  readonly exceeded: readonly string[];
  readonly expired: readonly string[];
  /** Caps of which it is not known whether they hold. */
  readonly unknown: readonly string[];
}

/** Each is one sentence without a full stop. */
export function ruleFaults(rules: readonly RuleHealth[]): RuleFaults {
  const capped = rules.flatMap((rule) => rule.routes.map((on) => ({ ...on, rule })));
  const isOver = (hidden: number, known: number, { maxHidden }: RuleHealth): boolean =>
    maxHidden < 1 && hidden > maxHidden * Math.max(known, fewestAnswers);
  const exceeded = capped.filter(({ hidden, known, rule }) => isOver(hidden, known, rule));
  const unknown = capped.filter(
    (on) => !exceeded.includes(on) && isOver(on.hidden + on.unknown, on.known + on.unknown, on.rule),
  );
  return {
    exceeded: exceeded.map(
      ({ rule, route, hidden, known }) =>
        `the ${rule.rule} hid a difference in ${count(hidden)} of ${count(known)} answers of ${route} (limit ${percent(rule.maxHidden)})`,
    ),
    expired: rules.flatMap(({ rule, route, expired }) =>
      expired === undefined ? [] : `the ${rule} of ${route ?? 'all routes'} expired on ${expired}`,
    ),
    unknown: unknown.map(
      ({ rule, route, unknown: answers }) =>
        `what the ${rule.rule} hid in ${count(answers)} answers of ${route} is not known (limit ${percent(rule.maxHidden)})`,
    ),
  };
}

function count(value: number): string {
  return value.toLocaleString('en-US');
}

function percent(share: number): string {
  return `${(share * 100).toLocaleString('en-US', { maximumSignificantDigits: 4 })} %`;
}
