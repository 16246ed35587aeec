import type { BodyCase } from './body-case.ts';

const html = 'text/html';
const csv = 'text/csv';

/** Rules that were made for JSON, in trees of other bodies. */
export const ruledCases: readonly BodyCase[] = [
  {
    name: 'items of a list in any order',
    type: html,
    legacy: '<ul><li>a</li><li>b</li></ul>',
    candidate: '<ul><li>b</li><li>a</li></ul>',
    rules: { unordered: ['$.ul[0].li'] },
    differences: [],
  },
  {
    name: 'an item that is missing from a list in any order',
    type: html,
    legacy: '<ul><li>a</li><li>b</li><li>c</li></ul>',
    candidate: '<ul><li>c</li><li>a</li></ul>',
    rules: { unordered: ['$.ul[0].li'] },
    differences: ['missing $.ul[0].li[1]'],
  },
  {
    name: 'a heading in capitals',
    type: html,
    legacy: '<h1>Orders</h1>',
    candidate: '<h1>ORDERS</h1>',
    rules: { tolerance: { "$.h1[0]['#text'][*]": { case: true } } },
    differences: [],
  },
  {
    name: 'an attribute that got another name',
    type: html,
    legacy: '<p data-order="7">x</p>',
    candidate: '<p data-id="7">x</p>',
    rules: { map: { "$.p[*]['@data-order']": "$.p[*]['@data-id']" } },
    differences: [],
  },
  {
    name: 'a time in another zone',
    type: 'application/xml',
    legacy: '<o><at>2026-06-01T12:00:00+02:00</at></o>',
    candidate: '<o><at>2026-06-01T10:00:00Z</at></o>',
    rules: { format: { "$.o.at[*]['#text'][*]": 'timestamp' } },
    differences: [],
  },
  {
    name: 'another time in another zone',
    type: 'application/xml',
    legacy: '<o><at>2026-06-01T12:00:00+02:00</at></o>',
    candidate: '<o><at>2026-06-01T12:00:00Z</at></o>',
    rules: { format: { "$.o.at[*]['#text'][*]": 'timestamp' } },
    differences: ["value $.o.at[0]['#text'][0]"],
  },
  {
    name: 'prices with and without zeros',
    type: csv,
    legacy: 'id,price\n1,12.50\n',
    candidate: 'id,price\n1,12.5\n',
    rules: { format: { '$.rows[*].price': 'decimal' } },
    differences: [],
  },
  {
    name: 'rows by two columns',
    type: csv,
    legacy: 'order,line,n\n1,1,a\n1,2,b\n',
    candidate: 'order,line,n\n1,2,b\n1,1,c\n',
    rules: { keyed: { '$.rows': { by: ['order', 'line'] } } },
    differences: ['value $.rows[0].n'],
  },
  {
    name: 'a row of somebody else',
    type: csv,
    legacy: 'id,customer\n1,7\n',
    candidate: 'id,customer\n1,7\n2,8\n',
    rules: { owner: ['$.rows[*].customer'] },
    differences: ['owner $.rows[1].customer', 'extra $.rows[1]'],
  },
  {
    name: 'values of one name in any order',
    type: 'application/x-www-form-urlencoded',
    legacy: 'colour=red&colour=blue',
    candidate: 'colour=blue&colour=red',
    rules: { unordered: ['$.colour'] },
    differences: [],
  },
];
