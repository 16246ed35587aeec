import { expect, test } from 'vitest';
import { ParkedRows } from '../../../src/sync/handlers/parked-rows.ts';

const arrival = (...rowKeys: string[]) => ({ source: 's', rowKeys });

test('a change waits where its row does, and takes its new key along', () => {
  const parked = new ParkedRows([{ place: 'p', source: 's', key: '1' }]);
  expect(parked.placeOf(arrival('2'))).toBeUndefined();
  expect(parked.placeOf({ source: 'other', rowKeys: ['1'] })).toBeUndefined();
  expect(parked.placeOf(arrival('1', '2'))).toBe('p');
  parked.park(arrival('1', '2'), 'p');
  expect(parked.placeOf(arrival('2'))).toBe('p');
});

test('a change of two rows that wait makes one queue of theirs, however often that happens', () => {
  const parked = new ParkedRows(['1', '2', '3'].map((key) => ({ place: `p${key}`, source: 's', key })));
  expect(parked.placeOf(arrival('2', '1'))).toBe('p2');
  expect(parked.placeOf(arrival('3', '1'))).toBe('p3');
  expect(parked.placeOf(arrival('2'))).toBe('p3');
  expect(parked.present('p1')).toBe('p3');
  expect([...parked.merged]).toEqual([
    ['p1', 'p3'],
    ['p2', 'p3'],
  ]);
});

test('a truncate waits for every row of its source that waits, and holds back all that come later', () => {
  const parked = new ParkedRows(['1', '2'].map((key) => ({ place: `p${key}`, source: 's', key })));
  expect(new ParkedRows().placeOf(arrival())).toBeUndefined();
  expect(parked.placeOf(arrival())).toBe('p1');
  parked.park(arrival(), 'p1');
  expect(parked.placeOf(arrival('77'))).toBe('p1');
  expect(parked.placeOf({ source: 'other', rowKeys: ['77'] })).toBeUndefined();
});
