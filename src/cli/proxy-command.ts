import { Command, type CommandUnknownOpts } from '@commander-js/extra-typings';
import type { StatusReport } from '../app/control.ts';
import { defaultAdminPort, defaultListenPort } from '../config/default-ports.ts';
import type { ListenTls } from '../config/edge-definition.ts';
import { FigError } from '../kernel/fig-error.ts';
import { exitCodesHelp } from './exit-codes.ts';
import { formatPlural } from './format.ts';
import type { CliContext } from './io.ts';
import { parseHttpUrl, parseMilliseconds, parsePort, parseWorkers } from './option-parsers.ts';
import { paletteFor, type Palette } from './palette.ts';
import { renderRoutes } from './render-status.ts';

export function proxyCommand(context: CliContext): CommandUnknownOpts {
  const { io, version } = context;
  return new Command('proxy')
    .description('stand in front of a legacy application: to observe, without any config, or to serve a migration')
    .option('--legacy <url>', 'where the legacy application answers: observe it', parseHttpUrl)
    .option('-c, --config <file>', 'the config file: serve its migration, beside `fig sync` and `fig control`')
    .option('--listen <port>', 'port of the proxy', parsePort, defaultListenPort)
    .option('--host <address>', 'address to listen on', '127.0.0.1')
    .option('--tls-cert <file>', 'certificate (PEM, chain behind it) to listen with; renewed files are taken up')
    .option('--tls-key <file>', 'its key (PEM)')
    .option('--legacy-ca <file>', 'certificate authority (PEM) of a legacy application at https')
    .option('--admin-port <port>', 'port of the status page', parsePort, defaultAdminPort)
    .option('--workers <n>', 'processes that share the port, each on a core of its own', parseWorkers, 1)
    .option('--drain-delay <ms>', 'time between not ready and not listening at a stop', parseMilliseconds, 0)
    .option('--stop-grace <ms>', 'time that what is under way gets to end at a stop', parseMilliseconds, 5_000)
    .option('--verbose', 'log every step')
    .addHelpText(
      'after',
      `
With --legacy, every request goes to the legacy application unchanged; only counts and durations by route are kept, in
memory. Ctrl-C stops it and prints what was seen.

With --config, it serves users by the phases, as one of any number of proxies: see docs/scale-out.md. Ports, limits and
certificates are those of the config; only --admin-port and --workers may be given besides.

Examples:
  $ fig proxy --legacy http://127.0.0.1:3000
  $ fig proxy --legacy http://legacy.internal --listen 80 --host 0.0.0.0
  $ fig proxy --legacy https://legacy.internal --legacy-ca ca.pem --listen 443 --tls-cert tls.crt --tls-key tls.key
  $ fig proxy --legacy http://127.0.0.1:3000 --workers 4
  $ fig proxy --config fig.config.ts
${exitCodesHelp}`,
    )
    .action(async (options, command) => {
      if (options.config !== undefined) {
        context.exitCode = await serveMigration(context, options.config, options, command);
        return;
      }
      const legacy =
        options.legacy ?? command.error('error: say with --legacy what to observe, or with --config what to serve');
      // Loaded here so that commands which only ask a running fig do not load all of it.
      const [{ runProxy }, { runInForeground }] = await Promise.all([
        import('../app/run-proxy.ts'),
        import('./foreground.ts'),
      ]);
      const {
        host,
        listen: port,
        adminPort,
        workers,
        legacyCa,
        drainDelay: drainDelayMs,
        stopGrace: stopGraceMs,
      } = options;
      const tls = listenTls(options.tlsCert, options.tlsKey);
      const legacyTls = legacyCa === undefined ? undefined : { ca: legacyCa };
      const chosen = { legacy, tls, legacyTls, host, port, adminPort, workers, drainDelayMs, stopGraceMs };
      const palette = paletteFor(io.stdout, io.env);
      context.exitCode = await runInForeground({
        io,
        logLevel: options.verbose ? 'debug' : undefined,
        start: ({ log, startAdmin }) => runProxy({ ...chosen, version, log, startAdmin }),
        farewell: (last) => renderFarewell(last, palette),
      });
    });
}

/** What may be given besides a config. */
const besideConfig = ['config', 'adminPort', 'workers', 'verbose'];

async function serveMigration(
  { io, version }: CliContext,
  configFile: string,
  { workers, adminPort, verbose }: { workers: number; adminPort: number; verbose?: true | undefined },
  command: CommandUnknownOpts,
): Promise<number> {
  const isGiven = (name: string): boolean => command.getOptionValueSource(name) === 'cli';
  const other = command.options.find(
    (option) => isGiven(option.attributeName()) && !besideConfig.includes(option.attributeName()),
  );
  if (other) throw new FigError('FIG_USAGE', `${other.long ?? other.flags} does not go with --config, which says it`);
  const [{ runProxyRole }, { runInForeground }] = await Promise.all([
    import('../app/roles/run-proxy-role.ts'),
    import('./foreground.ts'),
  ]);
  return runInForeground({
    io,
    isOneOfSeveral: true,
    logLevel: verbose ? 'debug' : undefined,
    start: (tools) =>
      runProxyRole({ configFile, workers, version, adminPort: isGiven('adminPort') ? adminPort : undefined, ...tools }),
  });
}

function listenTls(cert: string | undefined, key: string | undefined): ListenTls | undefined {
  if (cert !== undefined && key !== undefined) return { cert, key };
  if (cert === undefined && key === undefined) return undefined;
  throw new FigError('FIG_USAGE', '--tls-cert and --tls-key go together');
}

/** What was seen, and what to do with it. */
export function renderFarewell({ traffic, addresses }: StatusReport, palette: Palette): string {
  if (traffic.requests === 0) {
    return `No request came. Send the traffic of the application through ${addresses.proxy}.\n`;
  }
  const reads = traffic.routes.filter(({ method, path }) => method === 'GET' && path.startsWith('/'));
  const [first] = reads.toSorted((a, b) => b.requests * b.p95Ms - a.requests * a.p95Ms);
  const hint =
    first === undefined
      ? 'Next: let it see some reads; they are what moves first.'
      : `Next: GET ${first.path} costs the most time of all reads. Declare it as a feature in fig.config.ts, then run fig up.`;
  const head = `${formatPlural(traffic.requests, 'request')} on ${formatPlural(traffic.routes.length, 'route')}`;
  return `${palette.bold(head)}\n\n${renderRoutes(traffic.routes, palette)}\n\n${hint}\n`;
}
