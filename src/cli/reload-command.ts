import { Command, type CommandUnknownOpts } from '@commander-js/extra-typings';
import type { ReloadOutcome } from '../app/control.ts';
import { exitCodes, exitCodesHelp } from './exit-codes.ts';
import { connectAdmin } from './find-admin.ts';
import { printable } from './format.ts';
import type { CliContext } from './io.ts';

export function reloadCommand(context: CliContext): CommandUnknownOpts {
  const { io } = context;
  return new Command('reload')
    .description('have a running fig read its config file again, without dropping a connection')
    .option('--admin <url>', 'address of its admin server (default: FIG_ADMIN_URL, else the fig of this folder)')
    .option('--json', 'print what the admin API answers')
    .addHelpText(
      'after',
      `
Taken over at once: limits, fenceBudgetMs, listen.drainDelayMs, listen.stopGraceMs and the features' rules of cutover.
When anything else changed, or the file is not valid, nothing is taken over and the error says why. SIGHUP to a fig that
has no terminal does the same. Asked of \`fig control\`, every process of the migration reads its own file; the exit code is 1
when one of them refused, or did not answer.

Examples:
  $ fig reload
  $ kill -HUP $(jq .pid .fig/run.json)
${exitCodesHelp}`,
    )
    .action(async (options) => {
      const client = await connectAdmin(options.admin, io);
      const { json, value } = await client.reload();
      io.stdout.write(options.json ? `${json}\n` : `${renderReload(value)}\n`);
      if (value.elsewhere?.some(({ state }) => state !== 'done') === true) context.exitCode = exitCodes.failed;
    });
}

/** One sentence on what a reload changed, and one on each process that did not take it over. */
export function renderReload({ changed, elsewhere = [] }: ReloadOutcome): string {
  const first = changed.length === 0 ? 'Nothing has changed in the config.' : `Changed: ${changed.join(', ')}.`;
  const others = elsewhere.flatMap(({ role, host, pid, state, reason }) => {
    if (state === 'done') return [];
    const why = state === 'silent' ? 'has not answered' : `refused: ${reason ?? 'it does not say why'}`;
    return [printable(`${role} on ${host} (process ${pid}) ${why}`)];
  });
  return [first, ...others].join('\n');
}
