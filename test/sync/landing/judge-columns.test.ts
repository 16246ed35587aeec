import { expect, test } from 'vitest';
import { columnJudge } from '../../../src/sync/landing/judge-columns.ts';

const table = {
  name: 'orders',
  key: ['id'],
  columns: ['id', 'price'].map((name) => ({
    name,
    sourceType: 'x',
    mirrorType: name === 'id' ? 'integer' : 'numeric',
  })),
};
const id = { field: 'id', type: 'int32' };
const price = { field: 'price', type: 'string' };

test('columns that come are no matter, and one that goes is refused', () => {
  const judge = columnJudge(table, { isExact: false });
  judge([id, price, { field: 'more', type: 'bytes' }]);
  expect(() => judge([id])).toThrow(expect.objectContaining({ code: 'FIG_SOURCE_CHANGED' }));
});

test('a type is compared with what came before, since settings of a connector change how it comes', () => {
  const judge = columnJudge(table, { isExact: false });
  judge([id, price]);
  judge([id, price]);
  expect(() => judge([{ ...id, type: 'int64' }, price])).toThrow(/id was integer and is bigint/);
});

test('a table that was made of a message is compared with the first one, too', () => {
  expect(() => columnJudge(table, { isExact: true })([id, price])).toThrow(/price was numeric and is text/);
});
