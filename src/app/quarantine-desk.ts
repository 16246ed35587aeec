import type { Knex } from 'knex';
import type { NormalizedFeature } from '../config/normalized-config.ts';
import { FigError } from '../kernel/fig-error.ts';
import { liftQuarantine, listQuarantined, type QuarantinedRoute } from '../store/quarantine-store.ts';
import type { QuarantineDesk } from './control.ts';
import type { QuarantineReport } from './reports/feature-report.ts';

export function createQuarantineDesk(store: Knex): QuarantineDesk {
  return {
    list: async () => ({ routes: await quarantineReports(store) }),
    lift: async ({ feature, route, who, why }) => {
      if (why.trim() === '') throw new FigError('FIG_WHY_REQUIRED', `letting ${route} be compared again must say why`);
      const report = (await quarantineReports(store, feature)).find((one) => one.route === route);
      const isLifted = await liftQuarantine(store, { feature, route, who, why: why.trim() });
      if (!report || !isLifted) {
        throw new FigError('FIG_NOT_QUARANTINED', `${route} of ${feature} is not in quarantine`);
      }
      return report;
    },
  };
}

export async function quarantineReports(store: Knex, feature?: string): Promise<readonly QuarantineReport[]> {
  return (await listQuarantined(store, feature)).map(toReport);
}

/** `GET /orders/:id seems to write to legacy: table view_log; ...` */
export function describeQuarantine({ route, tables }: Pick<QuarantineReport, 'route' | 'tables'>): string {
  const where = `table${tables.length === 1 ? '' : 's'} ${tables.join(', ')}`;
  return `${route} seems to write to legacy: ${where}; its reads are not compared (fig quarantine list)`;
}

/** What the config has come to say is harmless is lifted at a start, in the name of the config. */
export async function liftHarmless(
  store: Knex,
  features: readonly Pick<NormalizedFeature, 'name' | 'shadow'>[],
): Promise<void> {
  for (const { name, shadow } of features) {
    for (const { route, tables } of await listQuarantined(store, name)) {
      if (!tables.every((table) => isHarmless(table, shadow.harmlessWrites))) continue;
      await liftQuarantine(store, {
        feature: name,
        route,
        who: 'fig',
        why: 'the config says that its writes are harmless',
      });
    }
  }
}

function isHarmless(table: QuarantinedRoute['tables'][number], harmless: readonly string[]): boolean {
  return harmless.includes(table) || harmless.includes(table.slice(table.indexOf('.') + 1));
}

function toReport({ feature, route, tables, at }: QuarantinedRoute): QuarantineReport {
  return { feature, route, tables, since: at.toISOString() };
}
