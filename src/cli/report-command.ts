import { resolve } from 'node:path';
import { Command, Option, type CommandUnknownOpts } from '@commander-js/extra-typings';
import { FigError } from '../kernel/fig-error.ts';
import { connectAdmin } from './find-admin.ts';
import { exitCodes, reportExitCodesHelp } from './exit-codes.ts';
import { formatBytes } from './format.ts';
import type { CliContext, CliIo } from './io.ts';
import { paletteFor } from './palette.ts';
import { renderOverview } from './render-overview.ts';
import { renderReport } from './render-report.ts';
import { judgeReports, parseFailOn } from './report/fail-on.ts';
import { renderJunit } from './report/junit-report.ts';
import { renderMarkdown } from './report/markdown-report.ts';
import { gatherReports, type GatheredReport, type MigrationReport } from './report/migration-report.ts';
import { writeReport } from './report/write-report.ts';

/** Used when the output is no terminal. */
const DEFAULT_COLUMNS = 120;

interface ReportOptions {
  readonly json?: true | undefined;
  readonly markdown?: true | undefined;
  readonly output?: string | undefined;
  readonly html?: string | undefined;
  readonly junit?: string | undefined;
}

export function reportCommand(context: CliContext): CommandUnknownOpts {
  const { io } = context;
  return new Command('report')
    .description('show where the answers of legacy and candidate differ, and what blocks most')
    .argument('[feature]', 'name of the feature (orders@2 for a version that does not serve); all when left out')
    .option('--admin <url>', 'address of its admin server (default: FIG_ADMIN_URL, else the fig of this folder)')
    .option('--json', 'print what the admin API answers')
    .addOption(new Option('--markdown', 'print it as Markdown, for a pull request').conflicts('json'))
    .option('--output <file>', 'write what would be printed to this file')
    .option('--html <file>', 'write a page that opens without a network, with samples and charts')
    .option('--junit <file>', 'write it as JUnit XML, a case for each route and each gate')
    .option(
      '--fail-on <what>',
      'mismatch, critical, gate or undetermined=N%; several with commas, or again',
      parseFailOn,
    )
    .addHelpText('after', help)
    .action(async (feature, options) => {
      checkFiles(options, io.cwd);
      const client = await connectAdmin(options.admin, io);
      const gathered = await gatherReports(client, feature);
      const { report } = gathered;
      const text = printed(gathered, feature !== undefined, options, io);
      for (const [file, content] of await filesOf(report, text, options)) {
        await writeReport(io.cwd, file, content);
        io.stderr.write(`wrote ${file} (${formatBytes(Buffer.byteLength(content))})\n`);
      }
      if (options.output === undefined) io.stdout.write(text);
      const failures = judgeReports(report.features, options.failOn ?? [], feature !== undefined);
      const { red } = paletteFor(io.stderr, io.env);
      for (const { reason } of failures) io.stderr.write(`${red('failed on')} ${reason}\n`);
      context.exitCode = failures[0]?.exitCode ?? exitCodes.done;
    });
}

/** What goes to stdout, or to --output. */
function printed({ report, json }: GatheredReport, isOfOne: boolean, options: ReportOptions, io: CliIo): string {
  if (options.json) return `${json}\n`;
  if (options.markdown) return renderMarkdown(report);
  const isFile = options.output !== undefined;
  const palette = paletteFor(io.stdout, isFile ? { NO_COLOR: '1' } : io.env);
  const columns = (isFile ? undefined : io.stdout.columns) || DEFAULT_COLUMNS;
  const [only] = report.features;
  return isOfOne && only ? renderReport(only, palette, columns) : renderOverview(report, palette, columns);
}

async function filesOf(report: MigrationReport, text: string, options: ReportOptions): Promise<[string, string][]> {
  const files: [string, string][] = [];
  if (options.output !== undefined) files.push([options.output, text]);
  if (options.junit !== undefined) files.push([options.junit, renderJunit(report)]);
  if (options.html !== undefined) {
    // Only who wants a page loads what makes one.
    const { renderHtml } = await import('./report/html/html-report.ts');
    files.push([options.html, await renderHtml(report)]);
  }
  return files;
}

/** Before anything is asked: two reports in one file would be one. */
function checkFiles({ output, html, junit }: ReportOptions, cwd: string): void {
  const files = [output, html, junit].filter((file) => file !== undefined);
  if (files.includes('')) throw new FigError('FIG_USAGE', 'the name of the file to write is empty');
  if (new Set(files.map((file) => resolve(cwd, file))).size < files.length) {
    throw new FigError('FIG_USAGE', 'two forms of the report would be written to the same file');
  }
}

const help = `
Differences are grouped by route, place and kind. What blocks most comes first: critical ones, then by the share of the
evidence of the present step that they spoil. Each group shows both values and a request that shows it. docs/reports.md
says how to read it, and how to use it in a build.

Examples:
  $ fig report                                           all features, and what blocks most
  $ fig report orders
  $ fig report --html report.html                        to send to somebody; opens without a network
  $ fig report --markdown --output report.md             gh pr comment --body-file report.md
  $ fig report --junit report.xml --fail-on critical,gate
  $ fig report --fail-on mismatch --fail-on undetermined=5%
  $ fig report orders --json | jq '.groups[0].samples'
${reportExitCodesHelp}`;
