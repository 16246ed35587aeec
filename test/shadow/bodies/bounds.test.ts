import { expect, test } from 'vitest';
import { AnswerComparer } from '../../../shadow/compare-answers.ts';
import { maxDecodedBytes } from '../../../shadow/decode-body.ts';
import { noCompareRules, testRedactor } from '../arbitraries.ts';

function filled(piece: (index: number) => string, size = maxDecodedBytes - 100): string {
  const pieces: string[] = [];
  for (let index = 0, length = 0; ; index += 1) {
    const next = piece(index);
    length += next.length;
    if (length > size) return pieces.join('');
    pieces.push(next);
  }
}

/** Bodies that are as large as any may be, made to cost the most. Each test has the time limit of any other. */
const hostile: [name: string, type: string, body: string][] = [
  ['nested elements', 'text/html', filled(() => '<div>')],
  ['nested lists', 'text/html', filled(() => '<ul><li>')],
  ['formatting that is opened again in each paragraph', 'text/html', filled((index) => `<p><font a=${index}></p>`)],
  ['formatting that is never closed', 'text/html', filled((index) => `<font a=${index}>`)],
  ['formatting that overlaps', 'text/html', filled(() => '<b><i><div></b>')],
  ['text that does not belong into a table', 'text/html', `<table>${filled(() => 'x<tr>')}`],
  ['elements that do not belong into a table', 'text/html', `<table>${filled(() => '<em>x</em><tr>')}`],
  ['attributes of one element', 'text/html', `<a ${filled((index) => `a${index} `)}>x`],
  ['attributes that the body adopts', 'text/html', `<body>${filled((index) => `<body a${index}>`)}`],
  ['siblings', 'text/html', filled(() => '<p>x')],
  ['templates in templates', 'text/html', filled(() => '<template>')],
  ['comments', 'text/html', filled(() => '<!---->')],
  ['a comment in front that never ends', 'text/html', filled(() => '<!--')],
  ['white space in front', 'text/html', `${filled(() => ' ')}<`],
  ['nested elements', 'text/xml', filled(() => '<a>')],
  ['namespaces in each element', 'text/xml', `<r>${filled((index) => `<a xmlns:p${index}="u" p${index}:x="1"/>`)}</r>`],
  ['attributes of one element', 'text/xml', `<a ${filled((index) => `a${index}="" `)}/>`],
  ['siblings', 'text/xml', `<r>${filled(() => '<a/>')}</r>`],
  ['pieces of one text', 'text/xml', `<r>${filled(() => '&lt;<!---->')}</r>`],
  [
    'an internal subset',
    'text/xml',
    `<!DOCTYPE r [${filled((index) => `<!ENTITY a${index} "&a${index - 1};">`)}]><r/>`,
  ],
  ['fields', 'text/csv', filled(() => ',')],
  ['rows', 'text/csv', `a,b\n${filled(() => '1,2\n')}`],
  ['quotes', 'text/csv', `"${filled(() => '""')}"`],
  ['names', 'application/x-www-form-urlencoded', filled((index) => `a${index}&`)],
  ['values of one name', 'application/x-www-form-urlencoded', filled(() => 'a&')],
  ['parts', 'multipart/form-data; boundary=b', filled(() => '--b\r\n\r\n\r\n')],
  ['lines', 'text/plain', filled(() => '\n')],
  ['lines of both kinds', 'text/plain', filled(() => '\r\n\r')],
];

test.each(hostile)('%s of %s are compared in time', (_, type, body) => {
  const comparer = new AnswerComparer(noCompareRules, testRedactor);
  const answer = (text: string): { status: number; headers: string[]; body: Buffer } => ({
    status: 200,
    headers: ['content-type', type],
    body: Buffer.from(text),
  });
  expect(['equal', 'different']).toContain(comparer.compare(answer(body), answer(`${body}<b>`)).outcome);
});
