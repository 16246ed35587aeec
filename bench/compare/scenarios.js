import { keysReordered, oneChanged, orders, ordersOf, rowsReordered } from './documents.js';

const sizes = [
  ['1 KB', 1_000],
  ['20 KB', 20_000],
  ['200 KB', 200_000],
  ['2 MB', 2_000_000],
];

/** `isKeyed`: whoever can is told that rows are known by their id. `differences`: how many there are, in truth. */
const kinds = [
  { name: 'identical', title: 'identical bytes', change: (document) => document, differences: 0 },
  { name: 'keys', title: 'equal, keys in another order', change: keysReordered, differences: 0 },
  {
    name: 'rows',
    title: 'equal, keys and rows in another order, rows known by id',
    change: (document) => keysReordered(rowsReordered(document)),
    isKeyed: true,
    differences: 0,
  },
  { name: 'one', title: 'one field of one row differs', change: oneChanged, differences: 1 },
];

const sized = kinds.flatMap(({ name, title, change, isKeyed = false, differences }) =>
  sizes.map(([size, bytes]) => ({
    name: `${name}-${size.replace(' ', '')}`,
    title,
    size,
    isKeyed,
    differences,
    make: () => {
      const document = ordersOf(bytes);
      return [document, change(document)];
    },
  })),
);

const tenThousand = () => orders(10_000);
const withRows = (document, rows) => ({ ...document, rows });

const worst = [
  {
    name: 'dropped',
    title: '10,000 rows, the first one dropped',
    isKeyed: false,
    differences: 1,
    make: () => [tenThousand(), withRows(tenThousand(), tenThousand().rows.slice(1))],
  },
  {
    name: 'reversed-keyed',
    title: '10,000 rows from last to first, rows known by id',
    isKeyed: true,
    differences: 0,
    make: () => [tenThousand(), withRows(tenThousand(), tenThousand().rows.toReversed())],
  },
  {
    name: 'reversed',
    title: '10,000 rows from last to first',
    isKeyed: false,
    differences: 1,
    make: () => [tenThousand(), withRows(tenThousand(), tenThousand().rows.toReversed())],
  },
  {
    name: 'all-changed',
    title: '10,000 rows, a field of each differs',
    isKeyed: false,
    differences: 10_000,
    make: () => [
      tenThousand(),
      withRows(
        tenThousand(),
        tenThousand().rows.map((row) => ({ ...row, status: 'lost' })),
      ),
    ],
  },
].map((each) => ({ ...each, size: '2 MB' }));

/** Every scenario makes two documents; what is compared is their JSON, as bytes. */
export const scenarios = [...sized, ...worst];

export function bytesOf(scenario) {
  return bytesOfPair(scenario.make());
}

export function bytesOfPair(documents) {
  return documents.map((document) => Buffer.from(JSON.stringify(document)));
}
