/** `npm start`: a legacy shop, its visitors, and fig in front of it, on one machine with nothing else to install. */
import { processIo } from '../../src/cli/io.ts';
import { exitCodes } from '../../src/cli/exit-codes.ts';
import { runInForeground } from '../../src/cli/foreground.ts';
import { FigError } from '../../src/kernel/fig-error.ts';
import { renderError } from '../../src/cli/render-error.ts';
import { paletteFor } from '../../src/cli/palette.ts';
import { startDemo } from './demo.ts';
import { demoHelp, parseDemoArguments } from './demo-arguments.ts';

const io = processIo();
try {
  const { help, ...chosen } = parseDemoArguments(process.argv.slice(2));
  if (help) io.stdout.write(demoHelp);
  else process.exitCode = await runInForeground({ io, start: (tools) => startDemo({ ...tools, ...chosen }) });
} catch (error) {
  io.stderr.write(renderError(error, paletteFor(io.stderr, io.env), false));
  process.exitCode = isUsage(error) ? exitCodes.usage : exitCodes.failed;
}

function isUsage(error: unknown): boolean {
  return error instanceof FigError && error.code === 'FIG_USAGE';
}
