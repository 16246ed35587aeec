import { z } from 'zod';
import { FigError } from '../../src/kernel/fig-error.ts';

// HAR 1.2, http://www.softwareishard.com/blog/har-12-spec/: of it what a question and an answer are made of. Recorders leave
// out, add and null what they like, so nothing else is asked for.

const header = z.object({ name: z.string(), value: z.string().nullish() });

const entrySchema = z.object({
  request: z.object({
    method: z.string(),
    url: z.string(),
    headers: z.array(header).nullish(),
    postData: z.object({ text: z.string().nullish() }).nullish(),
  }),
  response: z.object({
    status: z.number(),
    headers: z.array(header).nullish(),
    redirectURL: z.string().nullish(),
    content: z
      .object({
        size: z.number().nullish(),
        mimeType: z.string().nullish(),
        text: z.string().nullish(),
        encoding: z.string().nullish(),
      })
      .nullish(),
  }),
  _fromCache: z.unknown().optional(),
});

const fileSchema = z.object({ log: z.object({ entries: z.array(z.unknown()) }) });

export type HarEntry = z.infer<typeof entrySchema>;

/** An entry, or what is wrong with it. In the order of the file. */
export type ReadEntry =
  | { readonly ok: true; readonly index: number; readonly entry: HarEntry }
  | { readonly ok: false; readonly index: number; readonly problem: string };

/** Reads the text of a HAR file. Throws FIG_HAR_INVALID for one that is none; an entry that is none spoils nothing else. */
export function readHar(text: string, name: string): readonly ReadEntry[] {
  const file = fileSchema.safeParse(parse(text, name));
  if (!file.success) throw new FigError('FIG_HAR_INVALID', `${name} has no log.entries, as a HAR file has`);
  return file.data.log.entries.map((each, index) => {
    const entry = entrySchema.safeParse(each);
    if (entry.success) return { ok: true, index, entry: entry.data };
    const issue = entry.error.issues[0]!;
    return { ok: false, index, problem: `${issue.path.join('.')}: ${issue.message}` };
  });
}

function parse(text: string, name: string): unknown {
  try {
    // Some recorders write a byte-order mark, which is no JSON.
    return JSON.parse(text.startsWith('\uFEFF') ? text.slice(1) : text);
  } catch (error) {
    throw new FigError('FIG_HAR_INVALID', `${name} is no JSON`, { cause: error });
  }
}
