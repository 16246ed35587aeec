import { Command, type CommandUnknownOpts } from '@commander-js/extra-typings';
import type { ReconcileProgress } from '../app/control.ts';
import { connectAdmin } from './find-admin.ts';
import { exitCodeOfReconciliation, reconcileExitCodesHelp } from './exit-codes.ts';
import type { CliContext } from './io.ts';
import { paletteFor } from './palette.ts';
import { createProgressRenderer, type ProgressRenderer } from './progress-renderer.ts';
import { renderReconciliation } from './render-reconciliation.ts';

export function reconcileCommand(context: CliContext): CommandUnknownOpts {
  const { io } = context;
  return new Command('reconcile')
    .description('compare the read model of a feature with the legacy database, row by row, while both go on')
    .argument('<feature>', 'name of the feature; orders@2 for a version that does not serve')
    .option('--repair', 'put right what differs')
    .option('--source <table>', 'only this legacy table, e.g. orders or sales.orders')
    .option('--admin <url>', 'address of its admin server (default: FIG_ADMIN_URL, else the fig of this folder)')
    .option('--json', 'print what the admin API answers')
    .addHelpText(
      'after',
      `
Legacy works for it a fifth of the time at most (reconcile.maxLoad). Ctrl-C ends it; what was repaired by then stays so.

Examples:
  $ fig reconcile orders
  $ fig reconcile orders --repair
  $ fig reconcile orders --source order_items --json
${reconcileExitCodesHelp}`,
    )
    .action(async (feature, options) => {
      const client = await connectAdmin(options.admin, io);
      const progress = createProgressRenderer(io.stderr);
      try {
        const request = { repair: options.repair === true, source: options.source };
        const { json, value } = await client.reconcile(feature, request, drawParts(progress));
        progress.stop();
        io.stdout.write(options.json ? `${json}\n` : renderReconciliation(value, paletteFor(io.stdout, io.env)));
        context.exitCode = exitCodeOfReconciliation(value.state);
      } finally {
        progress.stop();
      }
    });
}

/** Every compared table is a step of its own. */
function drawParts(renderer: ProgressRenderer): (progress: ReconcileProgress) => void {
  let current: string | undefined;
  return ({ part, done, total }) => {
    const step = `compare ${part}`;
    if (step !== current) {
      current = step;
      renderer.onProgress({ step, state: 'started', done: 0, total });
    }
    const state = done >= total ? 'done' : 'progress';
    renderer.onProgress({
      step,
      state,
      done,
      total,
      ...(state === 'done' && { detail: `${total.toLocaleString('en-US')} rows` }),
    });
  };
}
