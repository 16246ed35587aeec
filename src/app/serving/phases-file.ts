import { createHash, randomBytes } from 'node:crypto';
import { mkdir, open, readFile, rename, rm } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { z } from 'zod';
import { describeError } from '../../kernel/fig-error.ts';
import type { Log } from '../../kernel/log.ts';
import { readPhases, type RoutingSnapshot } from '../../kernel/phase.ts';

const readState = z
  .strictObject({ phase: z.enum(readPhases), percent: z.number().min(0).max(100) })
  .refine(({ phase, percent }) =>
    phase === 'canary' ? percent > 0 && percent < 100 : percent === (phase === 'live' ? 100 : 0),
  );

const contents = z.strictObject({
  version: z.literal(1),
  /** Name of the migration. */
  migration: z.string(),
  /** Identifies the features and their code. */
  fingerprint: z.string(),
  savedAt: z.string(),
  revision: z.number().int().nonnegative(),
  features: z.array(z.strictObject({ feature: z.string(), reads: readState })),
  killSwitch: z.strictObject({ who: z.string(), why: z.string(), at: z.string() }).optional(),
});

const sealed = z.strictObject({ contents, sha256: z.string() });

/** Whose phases they are: those of another migration, or of other code, say nothing about this one. */
export interface PhasesOwner {
  readonly migration: string;
  readonly fingerprint: string;
}

/** `.fig/phases.json` of a folder. */
export function phasesPath(folder: string): string {
  return join(folder, '.fig', 'phases.json');
}

/** One fingerprint of all features. */
export function ownerOf(config: {
  readonly name: string;
  readonly features: readonly { readonly name: string; readonly fingerprint: string }[];
}): PhasesOwner {
  const texts = config.features.map(({ name, fingerprint }) => `${name} ${fingerprint}`).toSorted();
  return { migration: config.name, fingerprint: sha256(JSON.stringify(texts)) };
}

/** Keeps the phases for a start without the control store. Whole and on the disk, or not at all. */
export async function savePhases(folder: string, owner: PhasesOwner, routing: RoutingSnapshot): Promise<void> {
  const { revision, features, killSwitch } = routing;
  // Parsed, so that the seal is over the order of keys in which it will be read.
  const saved = contents.parse({
    version: 1,
    ...owner,
    savedAt: new Date().toISOString(),
    revision,
    features: [...features.values()].map(({ feature, reads }) => ({ feature, reads: { ...reads } })),
    ...(killSwitch && { killSwitch }),
  });
  const text = `${JSON.stringify({ contents: saved, sha256: sha256(JSON.stringify(saved)) }, undefined, 2)}\n`;
  const path = phasesPath(folder);
  await mkdir(dirname(path), { recursive: true });
  const draft = `${path}.${process.pid}.${randomBytes(4).toString('hex')}`;
  try {
    const file = await open(draft, 'w', 0o644);
    try {
      await file.writeFile(text);
      await file.sync();
    } finally {
      await file.close();
    }
    await rename(draft, path);
  } catch (error) {
    await rm(draft, { force: true });
    throw error;
  }
}

/** The kept phases; undefined, with a warning that says why, when there are none that can be trusted. Never rejects. */
export async function loadPhases(folder: string, owner: PhasesOwner, log: Log): Promise<RoutingSnapshot | undefined> {
  const path = phasesPath(folder);
  const refuse = (why: string): undefined => {
    log.warn({ path, why }, 'the phases kept on disk are not used; legacy answers everything');
    return undefined;
  };
  let text: string;
  try {
    text = await readFile(path, 'utf8');
  } catch (error) {
    return refuse(describeError(error));
  }
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    return refuse('it is not JSON');
  }
  const parsed = sealed.safeParse(value);
  if (!parsed.success) return refuse(parsed.error.issues[0]?.message ?? 'it has another shape');
  const { contents: saved, sha256: seal } = parsed.data;
  if (sha256(JSON.stringify(saved)) !== seal) return refuse('it was changed, or written in part');
  if (saved.migration !== owner.migration) return refuse(`it is of the migration ${saved.migration}`);
  if (saved.fingerprint !== owner.fingerprint) return refuse('it is of other features or other code');
  const features = new Map(saved.features.map((routing) => [routing.feature, routing]));
  return {
    revision: saved.revision,
    features,
    isFromDisk: true,
    ...(saved.killSwitch && { killSwitch: saved.killSwitch }),
  };
}

function sha256(text: string): string {
  return createHash('sha256').update(text).digest('hex');
}
