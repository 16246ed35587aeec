import { spawnSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { mkdir, mkdtemp, rename, rm, writeFile } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { chromium, type Browser } from 'playwright-core';

interface Installed {
  readonly executable: string;
  readonly env: Record<string, string>;
}

/**
 * A real headless Chromium. CHROMIUM_PATH names one to use; otherwise the one inside the npm package @sparticuz/chromium is
 * unpacked once into the temporary folder. Works as root. Close it when done.
 */
export async function openBrowser(): Promise<Browser> {
  const own = process.env['CHROMIUM_PATH'];
  if (own !== undefined && own !== '') return chromium.launch({ executablePath: own, args: ['--no-sandbox'] });
  const { executable, env } = await unpacked();
  // The package's own list of arguments also says --single-process, with which a crash of the page takes the test down,
  // and --disable-web-security, with which a content security policy would not be tested as users meet it.
  return chromium.launch({
    executablePath: executable,
    args: ['--no-sandbox', '--no-zygote', '--disable-gpu', '--disable-dev-shm-usage', '--font-render-hinting=none'],
    env: { ...definedEnv(), ...env },
  });
}

let once: Promise<Installed> | undefined;

function unpacked(): Promise<Installed> {
  return (once ??= unpack());
}

/**
 * The package unpacks into tmpdir() and takes whatever lies there for complete, so two test runs at once could meet half a
 * browser. It gets a folder of its own to unpack into, which is then moved to its final name in one step.
 */
async function unpack(): Promise<Installed> {
  const version = String(process.getuid?.() ?? 'user') + '-' + packageVersion();
  const home = join(tmpdir(), `fig-chromium-${version}`);
  if (!existsSync(home)) {
    const draft = await mkdtemp(join(tmpdir(), 'fig-chromium-draft-'));
    await unpackInto(draft);
    await writeFile(join(draft, 'fig-fonts.conf'), fontsOf(home));
    try {
      await rename(draft, home);
    } catch (error) {
      await rm(draft, { recursive: true, force: true });
      if (!existsSync(home)) throw error;
    }
  }
  const executable = join(home, 'chromium');
  const env = { FONTCONFIG_FILE: join(home, 'fig-fonts.conf') };
  if (starts(executable, env)) return { executable, env };
  // The machine lacks libraries (NSS and others): the package brings those of Amazon Linux 2023, which fit any glibc >= 2.34.
  const withLibraries = { ...env, LD_LIBRARY_PATH: join(home, 'al2023', 'lib') };
  if (starts(executable, withLibraries)) return { executable, env: withLibraries };
  throw new Error('the Chromium of @sparticuz/chromium does not start here; set CHROMIUM_PATH to one that does');
}

async function unpackInto(folder: string): Promise<void> {
  await mkdir(folder, { recursive: true });
  const before = { TMPDIR: process.env['TMPDIR'], AWS_LAMBDA_JS_RUNTIME: process.env['AWS_LAMBDA_JS_RUNTIME'] };
  process.env['TMPDIR'] = folder;
  // This is how the package is told to unpack the libraries too.
  process.env['AWS_LAMBDA_JS_RUNTIME'] = 'nodejs22.x';
  const searched = process.env['LD_LIBRARY_PATH'];
  const fonts = process.env['FONTCONFIG_PATH'];
  try {
    const { default: packaged } = await import('@sparticuz/chromium');
    await packaged.executablePath();
  } finally {
    // Importing it changes the environment for a lambda; this process goes on with what it had.
    for (const [name, value] of Object.entries({ ...before, LD_LIBRARY_PATH: searched, FONTCONFIG_PATH: fonts })) {
      if (value === undefined) delete process.env[name];
      else process.env[name] = value;
    }
  }
}

/** The fonts of the machine and, because it may have none, those of the package. */
function fontsOf(home: string): string {
  return `<?xml version="1.0"?>
<!DOCTYPE fontconfig SYSTEM "fonts.dtd">
<fontconfig>
  <dir>/usr/share/fonts</dir>
  <dir>${join(home, 'fonts')}</dir>
  <cachedir>${join(home, 'font-cache')}</cachedir>
  <alias><family>system-ui</family><prefer><family>Open Sans</family></prefer></alias>
  <alias><family>monospace</family><prefer><family>DejaVu Sans Mono</family></prefer></alias>
</fontconfig>
`;
}

function starts(executable: string, env: Readonly<Record<string, string>>): boolean {
  return spawnSync(executable, ['--version'], { env: { ...process.env, ...env }, timeout: 20_000 }).status === 0;
}

function packageVersion(): string {
  const manifest: { version: string } = createRequire(import.meta.url)(
    '../../node_modules/@sparticuz/chromium/package.json',
  );
  return manifest.version;
}

function definedEnv(): Record<string, string> {
  return Object.fromEntries(
    Object.entries(process.env).flatMap(([name, value]) => (value === undefined ? [] : [[name, value]])),
  );
}
