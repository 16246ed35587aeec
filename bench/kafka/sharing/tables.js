/** Eight tables of legacy, each with a read model. */
export const tables = Array.from({ length: 8 }, (_, n) => `part_${n + 1}`);
