/** Types that Debezium sends as PostgreSQL prints them. */
export const asPrinted = new Set([
  'text',
  'character varying',
  'character',
  'bpchar',
  'name',
  '"char"',
  'inet',
  'cidr',
  'macaddr',
  'macaddr8',
  'int4range',
  'int8range',
  'numrange',
  'tsrange',
  'tstzrange',
  'daterange',
]);
