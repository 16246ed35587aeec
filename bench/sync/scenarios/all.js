import { appliedTable, lagTable } from '../report.js';
import { backfill } from './backfill.js';
import { backlog } from './backlog.js';
import { lag } from './lag.js';
import { reconcile } from './reconcile.js';
import { largeTransaction } from './large-transaction.js';

/**
 * What is measured, in the order of the page. `run` gets the server and the options of the command line scaled by `--scale`;
 * `table` turns its result into Markdown.
 */
export const scenarios = [
  {
    name: 'backlog',
    title: 'Backlog of 300,000 changes, one table',
    run: ({ scale, ...rest }) => backlog({ ...rest, model: 'single', changes: 300_000 * scale, perTransaction: 10 }),
    table: (result) => appliedTable(result, 'changes/s'),
  },
  {
    name: 'backlog-joined',
    title: 'Backlog of 300,000 changes, three tables joined',
    run: ({ scale, ...rest }) => backlog({ ...rest, model: 'joined', changes: 300_000 * scale, perTransaction: 10 }),
    table: (result) => appliedTable(result, 'changes/s'),
  },
  {
    name: 'lag-1000',
    title: '1,000 transactions a second for a minute: from commit to visible',
    run: ({ scale, ...rest }) => lag({ ...rest, rate: 1_000, seconds: 60 * scale, rounds: 1 }),
    table: lagTable,
  },
  {
    name: 'lag-2000',
    title: '2,000 transactions a second for a minute: from commit to visible',
    run: ({ scale, ...rest }) => lag({ ...rest, rate: 2_000, seconds: 60 * scale, rounds: 1 }),
    table: lagTable,
  },
  {
    name: 'backfill',
    title: 'First copy of 1,000,000 rows',
    run: ({ scale, ...rest }) => backfill({ ...rest, rows: 1_000_000 * scale }),
    table: ({ copied, readable }) =>
      `Copied (ours: into the mirror):\n\n${appliedTable(copied, 'rows/s')}\nReadable (ours: the read model is built from the mirror, too):\n\n${appliedTable(readable, 'rows/s')}`,
  },
  {
    name: 'reconcile',
    title: 'Comparing 1,000,000 rows with legacy',
    run: ({ scale, ...rest }) => reconcile({ ...rest, rows: 1_000_000 * scale }),
    table: (result) => appliedTable(result, 'rows/s', 'EXCEPT in one database'),
  },
  {
    name: 'large-transaction',
    title: 'One transaction of 5,000,000 rows',
    run: ({ scale, ...rest }) => largeTransaction({ ...rest, changes: 5_000_000 * scale }),
    table: (result) => appliedTable(result, 'rows/s'),
  },
];
