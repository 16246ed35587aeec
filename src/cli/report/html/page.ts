import { createHash } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { html, Markup, type Content } from './markup.ts';
import { timeText } from './time-text.ts';

const page = new URL('../../../admin/page/', import.meta.url);
/** The looks of the status page, and what only the report has. */
const styles = [
  ...['base', 'top', 'cards', 'evidence', 'tables'].map((name) => new URL(`style/${name}.css`, page)),
  new URL('report.css', import.meta.url),
];

export interface PageParts {
  readonly title: string;
  readonly heading: string;
  readonly sub: string;
  /** ISO 8601 */
  readonly at: string;
  readonly version: string;
  readonly navigation?: Content;
  readonly main: Content;
}

/**
 * One file that needs nothing else: no script at all, styles by their hash, pictures as markup. The policy in it forbids
 * whatever else a value from an answer might ask for, in a browser that is told so by nobody else.
 */
export async function renderPage({ title, heading, sub, at, version, navigation, main }: PageParts): Promise<string> {
  const texts = await Promise.all(styles.map((url) => readFile(url, 'utf8')));
  const icon = new Markup(await readFile(new URL('icon.svg', page), 'utf8'));
  const style = `\n${texts.join('\n')}`;
  const hash = createHash('sha256').update(style).digest('base64');
  const policy = `default-src 'none'; style-src 'sha256-${hash}'; base-uri 'none'; form-action 'none'`;
  // Not in the template: its layout would change the text that the hash is of.
  const sheet = new Markup(`<style>${style}</style>`);
  const document = html`<!doctype html>
    <html lang="en">
      <head>
        <meta charset="utf-8" />
        <meta http-equiv="content-security-policy" content="${policy}" />
        <meta name="viewport" content="width=device-width, initial-scale=1" />
        <meta name="color-scheme" content="light dark" />
        <meta name="referrer" content="no-referrer" />
        <title>${title}</title>
        ${sheet}
      </head>
      <body>
        <a class="skip" href="#main">Skip to the content</a>
        <header class="top">
          <div class="top-inner">
            <div class="brand">
              <span class="icon" aria-hidden="true">${icon}</span>
              <div>
                <h1>${heading}</h1>
                <p class="sub">${sub} · <time datetime="${at}">${timeText(at)}</time></p>
              </div>
            </div>
            ${navigation}
          </div>
        </header>
        <main id="main" tabindex="-1">${main}</main>
        <footer class="foot">
          <span>strangler-fig ${version}</span><span>Values are shortened and redacted.</span>
        </footer>
      </body>
    </html> `;
  return document.text;
}
