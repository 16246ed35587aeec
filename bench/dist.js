import { fileURLToPath } from 'node:url';

/** What is measured, compiled; FIG_BENCH_DIST names another one. */
export const dist = process.env.FIG_BENCH_DIST ?? fileURLToPath(new URL('../dist', import.meta.url));

/** A module of it. @param {string} file */
export const load = (file) => import(`file://${dist}/${file}`);
