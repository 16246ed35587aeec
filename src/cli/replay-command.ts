import { resolve } from 'node:path';
import { Command, type CommandUnknownOpts } from '@commander-js/extra-typings';
import { FigError } from '../kernel/fig-error.ts';
import { replayExitCodesHelp } from './exit-codes.ts';
import type { CliContext } from './io.ts';
import { parseHttpUrl } from './option-parsers.ts';
import { createProgressRenderer, type ProgressRenderer } from './progress-renderer.ts';
import { finishReplay } from './replay/finish-replay.ts';
import { parseReplayFailOn } from './replay/judge-replay.ts';
import { collect, defaultRate, givenHeaders, parseLimit, parseRate } from './replay/replay-options.ts';

export function replayCommand(context: CliContext): CommandUnknownOpts {
  const group = storedQuestions('replay')
    .description('ask again what differed, or what a HAR file holds, and say what is gone and what remains')
    .option('--group <id>', 'a group of `fig report`, or the beginning of its id')
    .addHelpText('after', groupHelp)
    .action(async (options) => {
      if (options.group === undefined) {
        throw new FigError('FIG_USAGE', 'fig replay --group ID, fig replay stored, or fig replay har FILE');
      }
      await replayStored(context, options);
    });
  group.addCommand(storedCommand(context));
  group.addCommand(harCommand(context));
  return group;
}

function storedCommand(context: CliContext): CommandUnknownOpts {
  return storedQuestions('stored')
    .description('ask every stored question again')
    .option('--route <route>', 'only this route, as `fig report` writes it: "GET /api/orders/:id"')
    .option('--limit <n>', 'so many questions at most, the newest', parseLimit)
    .addHelpText('after', storedHelp)
    .action((options) => replayStored(context, options));
}

/** A command that asks: with what, how fast, and what becomes of the report. */
function asking(name: string) {
  return new Command(name)
    .option('--header <line>', 'sent with every question: "Authorization: Bearer ..."; again for several', collect)
    .option('--cookie <text>', 'sent with every question: "sid=1; lang=en"')
    .option('--rate <n>', 'questions a second at most', parseRate, defaultRate)
    .option('--json', 'print the report as JSON')
    .option('--html <file>', 'write a page that opens without a network')
    .option('--fail-on <what>', 'mismatch, critical or undetermined=N%', parseReplayFailOn);
}

function storedQuestions(name: string) {
  return asking(name)
    .option('--feature <name>', 'only this feature')
    .option('-c, --config <file>', 'the config file', 'fig.config.ts')
    .option('--anonymous', 'ask without credentials what was asked with some');
}

interface StoredOptions {
  readonly group?: string | undefined;
  readonly feature?: string | undefined;
  readonly route?: string | undefined;
  readonly limit?: number | undefined;
  readonly config: string;
  readonly header?: readonly string[] | undefined;
  readonly cookie?: string | undefined;
  readonly anonymous?: true | undefined;
  readonly rate: number;
  readonly json?: true | undefined;
  readonly html?: string | undefined;
  readonly failOn?: ReturnType<typeof parseReplayFailOn> | undefined;
}

async function replayStored(context: CliContext, options: StoredOptions): Promise<void> {
  const { io } = context;
  const given = givenHeaders(options, io);
  // Loaded here so that commands which only ask a running fig do not load all of it.
  const { runStored } = await import('../app/replay/run-stored.ts');
  await withProgress(context, async (progress) => {
    const configFile = resolve(io.cwd, options.config);
    const report = await runStored({ ...options, configFile, cwd: io.cwd, given, onProgress: progress.onProgress });
    progress.stop();
    await finishReplay(context, report, options);
  });
}

function harCommand(context: CliContext): CommandUnknownOpts {
  const { io } = context;
  return asking('har')
    .description('compare by the questions of a HAR file, or two HAR files without a network')
    .argument('<file>', 'the HAR file; what it recorded counts as answers of legacy')
    .argument('[candidate-file]', 'a HAR file of the candidate: nobody is asked then')
    .option('--legacy <url>', 'where legacy is (default: legacy.url of the config)', parseHttpUrl)
    .option('--candidate <url>', 'where the candidate is (default: as the config declares it)', parseHttpUrl)
    .option('--recorded', 'do not ask legacy: compare what was recorded with what the candidate answers now')
    .option('--feature <name>', 'only what belongs to this feature; without a config, its name in the report')
    .option('--rules-of <feature>', 'compare by the rules of this feature what no route of the config takes')
    .option('--origin <url>', 'only questions to this origin (default: that of the first that succeeded)', parseHttpUrl)
    .option('-c, --config <file>', 'the config file (default: fig.config.ts, if it is there)')
    .option('--no-config', 'without a config, also where there is one')
    .addHelpText('after', harHelp)
    .action(async (file, candidateFile, options) => {
      const given = givenHeaders(options, io);
      const { runHar } = await import('../app/replay/run-har.ts');
      await withProgress(context, async (progress) => {
        const report = await runHar({
          file,
          candidateFile,
          cwd: io.cwd,
          configFile: options.config,
          legacyUrl: options.legacy,
          candidateUrl: options.candidate,
          feature: options.feature,
          rulesOf: options.rulesOf,
          origin: options.origin,
          recorded: options.recorded,
          rate: options.rate,
          given,
          onProgress: progress.onProgress,
        });
        progress.stop();
        await finishReplay(context, report, options);
      });
    });
}

async function withProgress({ io }: CliContext, work: (progress: ProgressRenderer) => Promise<void>): Promise<void> {
  const progress = createProgressRenderer(io.stderr);
  try {
    await work(progress);
  } finally {
    progress.stop();
  }
}

const credentialsHelp = `
Credentials are not stored, so they are given: --header, --cookie, or FIG_REPLAY_HEADERS with a header in each line. They go
to legacy and to the candidate and are never shown. Questions are marked with x-fig-shadow: 1. A legacy that fails or slows
down is left alone.`;

const groupHelp = `
Asks the stored questions of a group again: of legacy, and of the candidate as the files of the config have it now. Both are
judged as live traffic is, with a fence where there is a read model, which a running fig keeps in step.
${credentialsHelp}

Examples:
  $ fig report orders                                      shows the groups, with their ids
  $ fig replay --group 3f9a0c12 --fail-on mismatch         after a fix
  $ fig replay --group 3f9a --cookie 'sid=...' --json
  $ fig replay stored --feature orders --limit 50
  $ fig replay har checkout.har --candidate localhost:4000
${replayExitCodesHelp}`;

const storedHelp = `${credentialsHelp}

Examples:
  $ fig replay stored
  $ fig replay stored --route 'GET /api/orders/:id' --rate 20
  $ fig replay stored --feature orders --fail-on mismatch,undetermined=10%
${replayExitCodesHelp}`;

const harHelp = `
Asks what a browser or a proxy has recorded. Of a HAR only GET is asked, and queries that a route of the config declares; what
is left out is listed with its reason. Cookies and credentials in the file are not used.
${credentialsHelp}

Examples:
  $ fig replay har shop.har                                legacy and candidate of fig.config.ts
  $ fig replay har shop.har --legacy localhost:3000 --candidate localhost:4000
  $ fig replay har shop.har --recorded --candidate localhost:4000 --html replay.html
  $ fig replay har legacy.har candidate.har                without a network
  $ fig replay har legacy.har candidate.har --rules-of orders --fail-on mismatch --json
${replayExitCodesHelp}`;
