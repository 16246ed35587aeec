import { parseArgs } from 'node:util';
import { FigError, describeError } from '../../src/kernel/fig-error.ts';
import type { DemoOptions } from './demo.ts';

export const demoHelp = `npm start [-- [--via kafka] [--no-traffic]]

Starts PostgreSQL, a legacy shop, fig in front of it and simulated visitors, until Ctrl-C. What they store is kept in .fig/.

  --via kafka    changes travel through a real Kafka, which is started as well; it needs Java 17 or newer and Maven,
                 which fetches about 100 MB once
  --via direct   changes come straight from PostgreSQL; the default
  --no-traffic   no visitors

Environment: FIG_SHOP_VERSION=2 (the read model without the mistake), FIG_SHOP_EVENTS=1 (a feature made of events), FIG_PORT, FIG_ADMIN_PORT, VISITORS_RATE (requests
per second, 25), LEGACY_DATABASE_URL and FIG_DATABASE_URL (instead of the embedded PostgreSQL), FIG_KAFKA_BROKERS (a Kafka
that you have, instead of one that is started), FIG_KAFKA_CACHE (a folder for Kafka's jars), JAVA_HOME.

Exit codes: 0 ended by Ctrl-C, 1 it failed, as where Java or Maven are missing, 2 the arguments do not fit.
`;

/** What `npm start` was told. Throws FIG_USAGE. */
export function parseDemoArguments(
  args: readonly string[],
): Pick<DemoOptions, 'via' | 'withTraffic'> & { readonly help: boolean } {
  const { via, help = false, 'no-traffic': without = false } = parsed(args);
  if (via !== undefined && via !== 'kafka' && via !== 'direct')
    throw misused(`--via takes kafka or direct, not ${via}`);
  return { via, help, withTraffic: !without };
}

function parsed(args: readonly string[]): { via?: string; help?: boolean; 'no-traffic'?: boolean } {
  try {
    return parseArgs({
      args: [...args],
      options: { via: { type: 'string' }, 'no-traffic': { type: 'boolean' }, help: { type: 'boolean', short: 'h' } },
    }).values;
  } catch (error) {
    // What follows tells how to pass an operand, and there are none.
    throw misused(describeError(error).split('. ')[0] ?? '');
  }
}

function misused(what: string): FigError {
  return new FigError('FIG_USAGE', what, { remedy: '`npm start -- --help` shows what it takes.' });
}
