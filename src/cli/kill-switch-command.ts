import { Argument, Command, type CommandUnknownOpts } from '@commander-js/extra-typings';
import type { KillSwitchReport } from '../app/control.ts';
import { readKillSwitchFile, removeKillSwitch, writeKillSwitch } from '../app/kill-switch/kill-switch-file.ts';
import { FigError } from '../kernel/fig-error.ts';
import { exitCodesHelp } from './exit-codes.ts';
import { connectAdmin } from './find-admin.ts';
import type { CliContext, CliIo } from './io.ts';
import { whoAsks } from './who.ts';

export function killSwitchCommand({ io }: CliContext): CommandUnknownOpts {
  return new Command('kill-switch')
    .description('send all reads of every proxy to legacy at once, or hand them back')
    .addArgument(new Argument('<what>', 'what to do').choices(['on', 'off', 'status'] as const))
    .option('--why <text>', 'kept in the audit')
    .option('--admin <url>', 'address of its admin server (default: FIG_ADMIN_URL, else the fig of this folder)')
    .option('--json', 'print the outcome as JSON')
    .addHelpText(
      'after',
      `
It needs no control store: the file .fig/kill-switch of this folder is written first, which every fig of the folder obeys
within half a second, then the running fig is told, which tells all others through the control store if it answers.
The signal SIGUSR2 to a proxy's process turns it on as well.

Examples:
  $ fig kill-switch on --why "prices look wrong"
  $ fig kill-switch status
  $ fig kill-switch off
${exitCodesHelp}`,
    )
    .action(async (what, options) => {
      const order = { who: whoAsks(io.env), why: options.why ?? '' };
      if (what === 'on') await writeKillSwitch(io.cwd, { ...order, at: new Date().toISOString() });
      if (what === 'off') await removeKillSwitch(io.cwd);
      const file = await readKillSwitchFile(io.cwd);
      const running = await askRunning(io, options.admin, what, order);
      const report: KillSwitchReport = running ?? { on: file !== undefined, ...file };
      const outcome = { ...report, running: running !== undefined };
      io.stdout.write(options.json ? `${JSON.stringify(outcome)}\n` : render(what, outcome));
    });
}

/** What the running fig says; undefined when none runs. One that was named but does not answer is an error. */
async function askRunning(
  io: CliIo,
  admin: string | undefined,
  what: 'on' | 'off' | 'status',
  order: { readonly who: string; readonly why: string },
): Promise<KillSwitchReport | undefined> {
  try {
    const client = await connectAdmin(admin, io);
    if (what !== 'status') return (await client.killSwitch({ on: what === 'on', ...order })).value;
    return (await client.status()).value.killSwitch;
  } catch (error) {
    if (admin === undefined && error instanceof FigError && error.code === 'FIG_NOT_RUNNING') return undefined;
    throw error;
  }
}

function render(what: 'on' | 'off' | 'status', report: KillSwitchReport & { readonly running: boolean }): string {
  const by =
    report.who === undefined ? '' : ` (${report.who}${report.why ? `: ${report.why}` : ''}, ${report.at ?? ''})`;
  const state = report.on ? `kill switch is ON: all reads go to legacy${by}` : 'kill switch is off: the phases decide';
  const notes: string[] = [];
  if (!report.running) notes.push('no fig answers here; one that runs in this folder obeys the file within 0.5 s');
  else if (what !== 'status' && report.told === false) notes.push('the control store was not told: ask every proxy');
  if (what === 'off' && report.on) notes.push('something else still holds it on');
  return `${[state, ...notes].join('\n')}\n`;
}
