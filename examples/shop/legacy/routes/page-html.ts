/** Text that is already HTML. */
class Html {
  readonly text: string;

  constructor(text: string) {
    this.text = text;
  }
}

const entities: Readonly<Record<string, string>> = {
  '&': '&amp;',
  '<': '&lt;',
  '>': '&gt;',
  '"': '&quot;',
  "'": '&#39;',
};

function render(value: unknown): string {
  if (value instanceof Html) return value.text;
  if (Array.isArray(value)) return value.map(render).join('\n');
  return String(value).replace(/[&<>"']/g, (character) => entities[character]!);
}

/** A template whose values are escaped unless they come from `html` themselves. */
export function html(parts: TemplateStringsArray, ...values: readonly unknown[]): Html {
  return new Html(parts.map((part, index) => part + (index < values.length ? render(values[index]) : '')).join(''));
}

/** A whole page. */
export function htmlPage(title: string, content: Html): string {
  return html`<!doctype html>
    <html lang="en">
      <head>
        <meta charset="utf-8" />
        <title>${title} - The Shop</title>
        <link rel="stylesheet" href="/assets/shop.css" />
      </head>
      <body>
        <h1>${title}</h1>
        ${content}
      </body>
    </html> `.text;
}

export const styles = `body { font: 16px/1.5 sans-serif; margin: 2rem auto; max-width: 48rem }
td { padding: 0.2rem 1rem 0.2rem 0 }
.cancelled { text-decoration: line-through; color: #888 }
`;
