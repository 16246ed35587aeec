import type { FeatureRules, RulesReport } from '../../app/replay/check-rules.ts';
import { formatCount, formatPlural, printable } from '../format.ts';
import type { Palette } from '../palette.ts';
import { renderTable } from '../render-table.ts';
import { renderOutcomes } from './render-replay.ts';

/** What rules make of stored pairs, for people. */
export function renderRules({ features }: RulesReport, palette: Palette): string {
  return `${features.map((feature) => renderFeature(feature, palette)).join('\n\n')}\n`;
}

function renderFeature({ feature, pairs, groups, rules }: FeatureRules, palette: Palette): string {
  const idle = rules.filter(({ hides }) => hides === 0);
  const parts = [
    `${palette.bold(feature)}  ${formatPlural(pairs, 'stored pair')}, ${formatPlural(groups.length, 'group')}`,
    renderOutcomes(groups, palette),
    renderTable(
      [{ title: 'rule' }, { title: 'where' }, { title: 'hides a difference in', align: 'right' }],
      rules.map(({ rule, path, hides }) => [
        rule,
        printable(path),
        hides === 0 ? palette.yellow('no stored pair') : formatPlural(hides, 'pair'),
      ]),
      palette,
    ),
    idle.length === 0 || pairs === 0
      ? ''
      : palette.yellow(
          `${formatCount(idle.length)} of ${formatPlural(rules.length, 'rule')} ${idle.length === 1 ? 'hides' : 'hide'} nothing in what is stored. Pairs that agreed under the rules are not stored.`,
        ),
  ];
  return parts.filter((part) => part !== '').join('\n\n');
}
