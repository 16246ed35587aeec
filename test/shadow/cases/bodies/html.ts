import { latin1, type BodyCase } from './body-case.ts';

type Pair = Omit<BodyCase, 'type'>;

const page = (body: string, head = '<title>t</title>'): string =>
  `<!doctype html><html><head>${head}</head><body>${body}</body></html>`;

const same: Pair[] = [
  {
    name: 'white space beside fields that do not show',
    legacy: '<form>\n <input type=hidden name=a>\n <input type=hidden name=b>\n <p>x</p></form>',
    candidate: '<form><input type=hidden name=a><input type=hidden name=b><p>x</p></form>',
  },
  {
    name: 'attributes stand in another order',
    legacy: '<a href="/x" id="a">x</a>',
    candidate: '<a id="a" href="/x">x</a>',
  },
  { name: 'classes are a set', legacy: '<p class="b a">x</p>', candidate: '<p class=" a  b a ">x</p>' },
  { name: 'rel is a set', legacy: '<a rel="nofollow noopener">x</a>', candidate: '<a rel="noopener nofollow">x</a>' },
  { name: 'checked is true by being there', legacy: '<input checked>', candidate: '<input checked="checked">' },
  {
    name: 'disabled="false" disables all the same',
    legacy: '<button disabled>x</button>',
    candidate: '<button disabled="false">x</button>',
  },
  { name: 'hidden is true by being there', legacy: '<p hidden>x</p>', candidate: '<p hidden="hidden">x</p>' },
  { name: 'attributes without quotes', legacy: '<a href=/x>x</a>', candidate: "<a href='/x'>x</a>" },
  { name: 'tags and attributes in capitals', legacy: '<P ID=a>x</P>', candidate: '<p id="a">x</p>' },
  { name: 'end tags are left out', legacy: '<ul><li>a<li>b</ul>', candidate: '<ul><li>a</li><li>b</li></ul>' },
  {
    name: 'characters are written as references',
    legacy: '<p>&eacute;&amp;&#39;&#x20AC;</p>',
    candidate: "<p>é&amp;'€</p>",
  },
  { name: 'a reference lacks its semicolon', legacy: '<p>&copy 2024</p>', candidate: '<p>© 2024</p>' },
  { name: 'white space in a text', legacy: '<p>\n  a\n  b </p>', candidate: '<p>a b</p>' },
  {
    name: 'white space between blocks',
    legacy: '<div>\n <p>a</p>\n <p>b</p>\n</div>',
    candidate: '<div><p>a</p><p>b</p></div>',
  },
  { name: 'white space beside a line break', legacy: '<p>a <br> b</p>', candidate: '<p>a<br>b</p>' },
  {
    name: 'white space beside a script between blocks',
    legacy: '<p>a</p>\n<script>x</script>\n<script>y</script>\n<p>b</p>',
    candidate: '<p>a</p><script>x</script><script>y</script><p>b</p>',
  },
  {
    name: 'white space in a select',
    legacy: '<select>\n <option>a\n <option>b\n</select>',
    candidate: '<select><option>a</option><option>b</option></select>',
  },
  { name: 'a comment inside a text', legacy: '<p>a<!-- built at 10:31 -->b</p>', candidate: '<p>ab</p>' },
  {
    name: 'a doctype in capitals',
    legacy: '<!DOCTYPE HTML><title>t</title>',
    candidate: '<!doctype html><title>t</title>',
  },
  {
    name: 'a page leaves out what may be left out',
    legacy: '<!doctype html><title>t</title><p>a',
    candidate: page('<p>a</p>'),
  },
  {
    name: 'an attribute is there twice, and the first counts',
    legacy: '<a id=1 id=2>x</a>',
    candidate: '<a id=1>x</a>',
  },
  { name: 'elements overlap, as browsers mend it', legacy: '<b>a<p>x</b></p>', candidate: '<b>a</b><p><b>x</b></p>' },
  {
    name: 'an attribute of SVG in small letters',
    legacy: '<svg viewbox="0 0 1 1"></svg>',
    candidate: '<svg viewBox="0 0 1 1"></svg>',
  },
  { name: 'a byte-order mark', legacy: `\ufeff${page('<p>é</p>')}`, candidate: page('<p>é</p>') },
];

const different: Pair[] = [
  {
    name: 'an attribute of a custom element means what the element likes',
    legacy: '<my-list class="b a" selected="3">x</my-list>',
    candidate: '<my-list class="a b" selected="4">x</my-list>',
    differences: [`value $.my-list[0]['@selected']`],
  },
  {
    name: 'a class is missing',
    legacy: '<p class="a b">x</p>',
    candidate: '<p class="a">x</p>',
    differences: [`value $.p[0]['@class']`],
  },
  {
    name: 'a box is no longer ticked',
    legacy: '<input checked>',
    candidate: '<input>',
    differences: [`missing $.input[0]['@checked']`],
  },
  {
    name: 'hidden until found is not hidden',
    legacy: '<p hidden>x</p>',
    candidate: '<p hidden="until-found">x</p>',
    differences: [`value $.p[0]['@hidden']`],
  },
  {
    name: 'a space that does not break is no space',
    legacy: '<p>a&nbsp;b</p>',
    candidate: '<p>a b</p>',
    differences: [`value $.p[0]['#text'][0]`],
  },
  {
    name: 'two words become one',
    legacy: '<p><b>a</b> <b>b</b></p>',
    candidate: '<p><b>a</b><b>b</b></p>',
    differences: [`missing $.p[0]['#text']`],
  },
  {
    name: 'white space in pre',
    legacy: '<pre>a\n  b</pre>',
    candidate: '<pre>a\n b</pre>',
    differences: [`value $.pre[0]['#text'][0]`],
  },
  {
    name: 'white space in an element of pre',
    legacy: '<pre><b>a  b</b></pre>',
    candidate: '<pre><b>a b</b></pre>',
    differences: [`value $.pre[0].b[0]['#text'][0]`],
  },
  {
    name: 'white space in a textarea',
    legacy: '<textarea>a\n</textarea>',
    candidate: '<textarea>a</textarea>',
    differences: [`value $.textarea[0]['#text'][0]`],
  },
  {
    name: 'a script',
    legacy: '<script>if (a < 1) b()</script>',
    candidate: '<script>if (a < 2) b()</script>',
    differences: [`value $.script[0]['#text'][0]`],
  },
  {
    name: 'a heading goes below its text',
    legacy: '<h2>A</h2><p>1</p>',
    candidate: '<p>1</p><h2>A</h2>',
    differences: [`value $['#order']`],
  },
  {
    name: 'a paragraph goes to another heading',
    legacy: page('<h2>A</h2><p>1</p><p>2</p><h2>B</h2><p>3</p>'),
    candidate: page('<h2>A</h2><p>1</p><h2>B</h2><p>2</p><p>3</p>'),
    differences: [`value $.html.body['#order']`],
  },
  {
    name: 'a missing child is said once, not also as another order',
    legacy: '<h2>A</h2><p>1</p><h3>B</h3>',
    candidate: '<h2>A</h2><p>1</p>',
    differences: ['missing $.h3'],
  },
  {
    name: 'another word is bold',
    legacy: '<p>a b<b>c</b></p>',
    candidate: '<p>a <b>bc</b></p>',
    differences: [`value $.p[0]['#text'][0]`, `value $.p[0].b[0]['#text'][0]`],
  },
  {
    name: 'a cell of a table',
    legacy: page('<table><tr><td>1<tr><td>2</table>'),
    candidate: page('<table><tr><td>1<tr><td>3</table>'),
    differences: [`value $.html.body.table[0].tbody[0].tr[1].td[0]['#text'][0]`],
  },
  {
    name: 'cells of a row that comes without its table',
    legacy: '<tr><td>1</td><td>2</td></tr>',
    candidate: '<tr><td>12</td></tr>',
    differences: [`value $.tr[0].td[0]['#text'][0]`, 'missing $.tr[0].td[1]'],
  },
  {
    name: 'a doctype is missing, and the browser falls back on quirks',
    legacy: page('x'),
    candidate: page('x').slice(15),
    differences: [`missing $['#doctype']`],
  },
  {
    name: 'what a template holds',
    legacy: '<template><p>a</p></template>',
    candidate: '<template><p>b</p></template>',
    differences: [`value $.template[0].p[0]['#text'][0]`],
  },
  {
    name: 'what is shown without scripts',
    legacy: '<noscript><img src=a></noscript>',
    candidate: '<noscript><img src=b></noscript>',
    differences: [`value $.noscript[0].img[0]['@src']`],
  },
  {
    name: 'another option is chosen',
    legacy: '<select><option selected>a<option>b</select>',
    candidate: '<select><option>a<option selected>b</select>',
    differences: [`missing $.select[0].option[0]['@selected']`, `extra $.select[0].option[1]['@selected']`],
  },
  {
    name: 'a link goes elsewhere',
    legacy: '<a href="/a?x=1&amp;y=2">x</a>',
    candidate: '<a href="/a?y=2&amp;x=1">x</a>',
    differences: [`value $.a[0]['@href']`],
  },
  {
    name: 'two charsets that each page names',
    legacy: latin1(page('<p>é</p>', '<meta charset=iso-8859-1>')),
    candidate: page('<p>é</p>', '<meta charset=utf-8>'),
    differences: [`value $.html.head.meta[0]['@charset']`],
  },
  {
    name: 'beyond the depth that is read, the text is compared',
    legacy: `${'<div>'.repeat(300)}a`,
    candidate: `${'<div>'.repeat(300)}b`,
    differences: ['body body, line 1, character 1501'],
  },
];

const ruled: Pair[] = [
  {
    name: 'a redacted text is compared all the same',
    legacy: '<td>Ada</td>',
    candidate: '<td>Bob</td>',
    rules: { redact: ['$.td[*]'] },
    differences: [`value $.td[0]['#text'][0]`],
  },
  {
    name: 'a token of a form is ignored',
    legacy: page('<form><input name=csrf value=a><input name=q value=x></form>'),
    candidate: page('<form><input name=csrf value=b><input name=q value=x></form>'),
    rules: { ignore: ["$.html.body.form[*].input[0]['@value']"] },
    differences: [],
  },
  {
    name: 'one paragraph of the third division is ignored',
    legacy: page('<div>1</div><div>2</div><div><p>a</p><p>x</p></div>'),
    candidate: page('<div>1</div><div>2</div><div><p>b</p><p>y</p></div>'),
    rules: { ignore: ['$.html.body.div[2].p[0]'] },
    differences: [`value $.html.body.div[2].p[1]['#text'][0]`],
  },
  {
    name: 'scripts that are ignored have no place in the order',
    legacy: page('<p>a</p><script>x</script><h2>b</h2>'),
    candidate: page('<p>a</p><h2>b</h2>'),
    rules: { ignore: ['$.html.body.script'] },
    differences: [],
  },
  {
    name: 'the same where all but one kind of children is ignored',
    legacy: page('<p>a</p><aside>x</aside><p>b</p>'),
    candidate: page('<p>a</p><p>b</p>'),
    rules: { ignore: ['$.html.body.aside[*]', '$.html.body.aside'] },
    differences: [],
  },
  {
    name: 'the order of children is ignored',
    legacy: '<h2>A</h2><p>1</p>',
    candidate: '<p>1</p><h2>A</h2>',
    rules: { ignore: ["$['#order']"] },
    differences: [],
  },
  {
    name: 'a list by the ids of its elements',
    legacy: '<ul><li id=a>A<li id=b>B</ul>',
    candidate: '<ul><li id=b>B<li id=a>A</ul>',
    rules: { keyed: { '$.ul[0].li': '@id' } },
    differences: [],
  },
  {
    name: 'a number within its tolerance',
    legacy: '<td>1.001</td>',
    candidate: '<td>1.002</td>',
    rules: { tolerance: { "$.td[*]['#text'][*]": 0.01 } },
    differences: [],
  },
];

export const htmlCases: readonly BodyCase[] = [
  ...same.map((pair) => ({ ...pair, differences: [] })),
  ...different,
  ...ruled,
].map((pair) => ({ ...pair, type: 'text/html' }));
