import { rankAcross, type MigrationReport } from '../migration-report.ts';
import { formatPlural } from '../../format.ts';
import { featureSection } from './feature-section.ts';
import { html, type Markup } from './markup.ts';
import { overview } from './overview.ts';
import { renderPage } from './page.ts';

/** One file that needs nothing else, with all features of a migration. */
export function renderHtml(report: MigrationReport): Promise<string> {
  const { name, version, at, features } = report;
  return renderPage({
    title: `${name} · fig report`,
    heading: name,
    sub: `Report of ${formatPlural(features.length, 'feature')}`,
    at,
    version,
    navigation: features.length === 1 ? undefined : navigation(report),
    main: [
      features.length === 1 ? undefined : overview(report, rankAcross(features)),
      features.map((feature, index) => featureSection(feature, index)),
    ],
  });
}

function navigation({ features }: MigrationReport): Markup {
  const links = features.slice(0, 6).map(({ feature }, index) => html`<a href="#feature-${index}">${feature}</a>`);
  return html`<nav aria-label="Features">${links}</nav>`;
}
