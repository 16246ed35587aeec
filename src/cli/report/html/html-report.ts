import { createHash } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { rankAcross, type MigrationReport } from '../migration-report.ts';
import { formatPlural } from '../../format.ts';
import { featureSection } from './feature-section.ts';
import { html, Markup } from './markup.ts';
import { overview } from './overview.ts';
import { timeText } from './time-text.ts';

const page = new URL('../../../admin/page/', import.meta.url);
/** The looks of the status page, and what only the report has. */
const styles = [
  ...['base', 'top', 'cards', 'evidence', 'tables'].map((name) => new URL(`style/${name}.css`, page)),
  new URL('report.css', import.meta.url),
];

/**
 * One file that needs nothing else: no script at all, styles by their hash, pictures as markup. The policy in it forbids
 * whatever else a value from an answer might ask for, in a browser that is told so by nobody else.
 */
export async function renderHtml(report: MigrationReport): Promise<string> {
  const texts = await Promise.all(styles.map((url) => readFile(url, 'utf8')));
  const icon = new Markup(await readFile(new URL('icon.svg', page), 'utf8'));
  const style = `\n${texts.join('\n')}`;
  const hash = createHash('sha256').update(style).digest('base64');
  const policy = `default-src 'none'; style-src 'sha256-${hash}'; base-uri 'none'; form-action 'none'`;
  // Not in the template: its layout would change the text that the hash is of.
  const sheet = new Markup(`<style>${style}</style>`);
  const { name, version, at, features } = report;
  const document = html`<!doctype html>
    <html lang="en">
      <head>
        <meta charset="utf-8" />
        <meta http-equiv="content-security-policy" content="${policy}" />
        <meta name="viewport" content="width=device-width, initial-scale=1" />
        <meta name="color-scheme" content="light dark" />
        <meta name="referrer" content="no-referrer" />
        <title>${name} · fig report</title>
        ${sheet}
      </head>
      <body>
        <a class="skip" href="#main">Skip to the features</a>
        <header class="top">
          <div class="top-inner">
            <div class="brand">
              <span class="icon" aria-hidden="true">${icon}</span>
              <div>
                <h1>${name}</h1>
                <p class="sub">
                  Report of ${formatPlural(features.length, 'feature')} · <time datetime="${at}">${timeText(at)}</time>
                </p>
              </div>
            </div>
            ${features.length === 1 ? undefined : navigation(report)}
          </div>
        </header>
        <main id="main" tabindex="-1">
          ${features.length === 1 ? undefined : overview(report, rankAcross(features))}
          ${features.map((feature, index) => featureSection(feature, index))}
        </main>
        <footer class="foot">
          <span>strangler-fig ${version}</span><span>Values are shortened and redacted as they were stored.</span>
        </footer>
      </body>
    </html> `;
  return document.text;
}

function navigation({ features }: MigrationReport): Markup {
  const links = features.slice(0, 6).map(({ feature }, index) => html`<a href="#feature-${index}">${feature}</a>`);
  return html`<nav aria-label="Features">${links}</nav>`;
}
