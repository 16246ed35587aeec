import type { FeatureReport, ReportSample } from '../../app/reports/feature-report.ts';
import { findingLines, type FindingLine } from '../../admin/page/finding.js';
import { ruleNotes } from '../../admin/page/rule-notes.js';
import { variationLine } from '../../admin/page/variation.js';
import { kindWords } from '../../admin/page/words.js';
import { conclusive } from '../conclusive.ts';
import { formatCount, formatPlural, formatShare } from '../format.ts';
import { timeText } from './html/time-text.ts';
import { codeText, plainText } from './markdown-text.ts';
import { rankAcross, type MigrationReport, type RankedGroup } from './migration-report.ts';
import { describeWhatItBlocks } from './sentences.ts';

/** GitHub takes 65,536 characters. Counted in bytes, which are never fewer, and with room for a line around it. */
export const markdownLimitBytes = 65_000;

const signs: Readonly<Record<FeatureReport['gate']['result'], string>> = {
  PASS: '✅ pass',
  FAIL: '❌ fail',
  INCONCLUSIVE: '⏳ not proven yet',
};

/** For a pull request: a table of the features, then the groups, folded, what blocks most first. */
export function renderMarkdown(report: MigrationReport): string {
  const { name, features } = report;
  const groups = rankAcross(features);
  const isOfMany = features.length > 1;
  const room = new Room(markdownLimitBytes);
  room.add(`### ${plainText(name)}: legacy and candidate compared\n\n`);
  room.add('| feature | reads | compared | match | groups | gate |\n|:--|:--|--:|--:|--:|:--|\n');
  const rowsLeft = room.addWhileItFits(features.map(featureRow));
  if (rowsLeft > 0) room.add(`\n${formatPlural(rowsLeft, 'more feature')} not shown.\n`);
  const linesLeft = room.addWhileItFits(features.map(featureLines));
  if (groups.length === 0) room.add('\nNo difference was seen in the present steps.\n');
  const left = room.addWhileItFits(groups.map((group, index) => groupDetails(group, index, isOfMany)));
  if (linesLeft > 0 || left > 0) {
    room.add(`\n${formatPlural(left, 'more group')} not shown here: \`fig report --html report.html\` has all.\n`);
  }
  // Last: what is to be mended comes before what is let pass.
  const others = features.flatMap((feature) => [variationDetails(feature, isOfMany), ruleDetails(feature, isOfMany)]);
  room.addWhileItFits(others);
  return room.text;
}

function featureRow({ feature, reads, comparisons, matchRate, groups, gate }: FeatureReport): string {
  const cells = [
    plainText(feature),
    plainText(reads),
    formatCount(conclusive(comparisons)),
    formatShare(matchRate),
    formatCount(groups.filter(({ inStep }) => inStep).length),
    signs[gate.result],
  ];
  return `| ${cells.join(' | ')} |\n`;
}

function featureLines({ feature, gate, bound, looked, quarantined = [], uncovered }: FeatureReport): string {
  const lacking =
    uncovered.length === 0 ? '' : ` ${formatPlural(uncovered.length, 'kind')} of request not compared yet.`;
  const writers = quarantined
    .map(({ route, tables }) => ` ${codeText(route)} is not compared, it writes to ${plainText(tables.join(', '))}.`)
    .join('');
  const share = looked === undefined ? '' : ` Looked at ${plainText(looked.sentence)}.`;
  return `\n- **${plainText(feature)}**: ${plainText(gate.reason)}. Mismatch rate: ${plainText(bound.sentence)}.${share}${lacking}${writers}\n`;
}

/** Folded, and nothing where legacy was never seen to differ from itself. */
function variationDetails({ feature, legacyVaries = [] }: FeatureReport, isOfMany: boolean): string {
  if (legacyVaries.length === 0) return '';
  const of = isOfMany ? `${plainText(feature)}: ` : '';
  const lines = legacyVaries.map(variationLine).map(({ path, route, what, values, rule }) => {
    const remedy = rule === undefined ? '' : `; if it may: ${codeText(rule)}`;
    return `- ${codeText(path)} ${plainText(what)}, ${codeText(route)}: ${codeText(values)}${remedy}\n`;
  });
  return `\n<details><summary>${of}legacy itself varies in ${formatPlural(lines.length, 'place')}, so no candidate can agree</summary>\n\n${lines.join('')}\n</details>\n`;
}

/** Folded, and nothing where there is no rule that could hide anything. */
function ruleDetails({ feature, rules }: FeatureReport, isOfMany: boolean): string {
  const shown = rules.filter(({ hidden, fits, because, expires }) => hidden ?? fits ?? because ?? expires);
  if (shown.length === 0) return '';
  const of = isOfMany ? `${plainText(feature)}: ` : '';
  const expired = rules.some(({ isExpired }) => isExpired === true) ? ', <b>some have expired</b>' : '';
  const soon = rules.some(({ daysLeft }) => daysLeft !== undefined) ? ', <b>some expire soon</b>' : '';
  const lines = shown.map(
    (rule) => `- ${plainText(rule.rule)} ${codeText(rule.where)}: ${plainText(ruleNotes(rule).join('; '))}\n`,
  );
  return `\n<details><summary>${of}${formatPlural(shown.length, 'rule')} and what ${shown.length === 1 ? 'it' : 'they'} hid${expired}${soon}</summary>\n\n${lines.join('')}\n</details>\n`;
}

function groupDetails(group: RankedGroup, index: number, isOfMany: boolean): string {
  const { feature, path, kind, critical, route, count, firstSeen, lastSeen, samples, id } = group;
  const of = isOfMany ? `${plainText(feature)}: ` : '';
  const grave = critical ? ' <b>critical</b>' : '';
  return `
<details><summary>${index + 1}. ${of}${codeText(path)} ${plainText(kindWords[kind] ?? kind)}${grave}, ${codeText(route)}, ${formatShare(group.share)}</summary>

It ${plainText(describeWhatItBlocks(group))}; seen ${formatPlural(count, 'time')}, first ${plainText(timeText(firstSeen))}, last ${plainText(timeText(lastSeen))}. Group ${codeText(id)}.

${findingLines(group).map(findingItem).join('')}
| request | legacy | candidate |
|:--|:--|:--|
${samples.map(sampleRow).join('')}
</details>
`;
}

function findingItem({ label, code, text }: FindingLine): string {
  const rule = code === undefined ? '' : `${codeText(code)} `;
  return `- ${plainText(label)}: ${rule}${plainText(text)}\n`;
}

function sampleRow({ question, at, legacy, candidate }: ReportSample): string {
  return `| ${codeText(question)}<br>${codeText(at)} | ${shownValue(legacy)} | ${shownValue(candidate)} |\n`;
}

function shownValue(value: string | undefined): string {
  return value === undefined ? '*nothing*' : codeText(value);
}

/** A text that may not grow beyond a size; what says that something is missing always has room. */
class Room {
  text = '';
  #left: number;
  /** For the sentences about what did not fit. */
  readonly #reserve = 400;

  constructor(bytes: number) {
    this.#left = bytes;
  }

  add(text: string): void {
    this.text += text;
    this.#left -= Buffer.byteLength(text);
  }

  /** Adds parts in their order until one does not fit. How many did not get in. */
  addWhileItFits(parts: readonly string[]): number {
    for (const [index, part] of parts.entries()) {
      if (Buffer.byteLength(part) > this.#left - this.#reserve) return parts.length - index;
      this.add(part);
    }
    return 0;
  }
}
