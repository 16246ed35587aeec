/** `npm start`: a legacy shop, its visitors, and fig in front of it, on one machine with nothing else to install. */
import { processIo } from '../../src/cli/io.ts';
import { runInForeground } from '../../src/cli/foreground.ts';
import { renderError } from '../../src/cli/render-error.ts';
import { paletteFor } from '../../src/cli/palette.ts';
import { startDemo } from './demo.ts';

const io = processIo();
const withTraffic = !process.argv.includes('--no-traffic');
if (process.argv.includes('--help')) {
  io.stdout.write(`npm start [-- --no-traffic]

Starts PostgreSQL, a legacy shop, fig in front of it and simulated visitors, until Ctrl-C.

Environment: FIG_SHOP_VERSION=2 (the read model without the mistake), FIG_PORT, FIG_ADMIN_PORT, VISITORS_RATE (requests
per second, 25), LEGACY_DATABASE_URL and FIG_DATABASE_URL (instead of the embedded PostgreSQL).
`);
} else {
  try {
    process.exitCode = await runInForeground({ io, start: (tools) => startDemo({ ...tools, withTraffic }) });
  } catch (error) {
    io.stderr.write(renderError(error, paletteFor(io.stderr, io.env), false));
    process.exitCode = 1;
  }
}
