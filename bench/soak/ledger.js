const MAX_FINDINGS = 50;

/** @typedef {{ right: number, excused: number, aborted: number, wrong: number }} Counts */

/** Counts what became of everything that was asked, and keeps what was wrong. */
export class Ledger {
  /** @type {string[]} */
  findings = [];
  /** How many of those that legacy's absence excuses ended in which way. @type {Record<string, number>} */
  excuses = {};
  /** Answers that the candidate gave. */
  fromCandidate = 0;
  /** @type {Map<string, Counts>} */
  #byScenario = new Map();

  /** @param {string} scenario @param {keyof Counts} verdict @param {string} [why] */
  count(scenario, verdict, why) {
    const counts = this.#byScenario.get(scenario) ?? none();
    counts[verdict] += 1;
    this.#byScenario.set(scenario, counts);
    if (verdict === 'excused' && why) this.excuses[why] = (this.excuses[why] ?? 0) + 1;
    if (verdict === 'wrong') this.find(`${scenario}: ${why}`);
  }

  /** @param {string} finding */
  find(finding) {
    if (this.findings.length < MAX_FINDINGS) this.findings.push(finding);
    else if (this.findings.length === MAX_FINDINGS) this.findings.push('... and more');
  }

  /** @returns {Counts} */
  get total() {
    const sum = none();
    for (const counts of this.#byScenario.values()) {
      for (const verdict of Object.keys(sum)) sum[verdict] += counts[verdict];
    }
    return sum;
  }

  get scenarios() {
    return [...this.#byScenario].map(([name, counts]) => ({ name, ...counts }));
  }
}

function none() {
  return { right: 0, excused: 0, aborted: 0, wrong: 0 };
}
