/** When legacy was down, as far as its clients could notice. */
export class Outages {
  /** @type {{ from: number, to: number }[]} */
  #windows = [];

  begin() {
    this.#windows.push({ from: performance.now(), to: Number.POSITIVE_INFINITY });
  }

  end() {
    const last = this.#windows.at(-1);
    if (last) last.to = performance.now();
  }

  /** Whether any of the time in between was such. @param {number} from @param {number} to */
  touch(from, to) {
    return this.#windows.some((window) => window.from <= to && from <= window.to);
  }
}

/** What the proxy says when legacy is not there, and nothing else. */
const downCodes = new Map([
  ['FIG_UPSTREAM_CONNECT', 502],
  ['FIG_UPSTREAM_REQUEST_BODY', 502],
  ['FIG_UPSTREAM_RESPONSE_HEADERS', 502],
  ['FIG_UPSTREAM_RESPONSE_BODY', 502],
  ['FIG_UPSTREAM_CONNECT_TIMEOUT', 504],
  ['FIG_UPSTREAM_RESPONSE_HEADERS_TIMEOUT', 504],
]);

const downStatuses = new Set(downCodes.values());

/**
 * What to think of the end of an exchange: `right`, `excused` because legacy was down, or `wrong` and why. `check` says what
 * is wrong with a whole answer, or nothing.
 * @param {import('./client.js').Outcome} outcome @param {(answer: import('./client.js').Whole) => string | undefined} check
 * @param {boolean} wasDown
 */
export function judge(outcome, check, wasDown) {
  switch (outcome.kind) {
    case 'wrong':
      return { verdict: 'wrong', why: outcome.why };
    case 'late':
      return { verdict: 'wrong', why: `no end (status ${outcome.status ?? 'none'}, ${outcome.bytes} bytes)` };
    case 'cut':
      return wasDown
        ? { verdict: 'excused', why: 'cut' }
        : { verdict: 'wrong', why: `cut (${outcome.why}; status ${outcome.status ?? 'none'}, ${outcome.bytes} bytes)` };
    default:
      return judgeWhole(outcome, check, wasDown);
  }
}

function judgeWhole(answer, check, wasDown) {
  const fault = check(answer);
  if (fault === undefined) return { verdict: 'right' };
  const told = answer.status >= 500 ? errorOf(answer.body) : undefined;
  // The answer to a HEAD has no body to say more.
  const isOwn =
    answer.bytes === 0
      ? answer.headers.has('x-fig-request-id') && downStatuses.has(answer.status)
      : told !== undefined && downCodes.get(told.code) === answer.status;
  if (isOwn && wasDown) return { verdict: 'excused', why: String(answer.status) };
  const said = told === undefined ? '' : `: ${JSON.stringify(told)}`;
  return { verdict: 'wrong', why: `${fault}${said}` };
}

function errorOf(body) {
  try {
    return JSON.parse(body.toString()).error;
  } catch {
    return undefined;
  }
}
