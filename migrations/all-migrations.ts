import { projections } from './0001-projections.ts';
import type { ControlStoreMigration } from './migration.ts';

/** Every migration of the control store, in order. Only ever appended to. */
export const allMigrations: readonly ControlStoreMigration[] = [projections];
