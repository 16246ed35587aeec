import { z } from 'zod';
import { duration } from './duration.ts';
import { mirrorTableName, sharedMirror } from './mirror-name.ts';
import { callable, identifier, postgresUrl, rowKey, tableName } from './plain-schema.ts';

const version = z.number().int().min(1).max(9_999);

const oneAtLeast = (value: object): boolean => Object.keys(value).length > 0;

const namesApart = (value: object, context: z.RefinementCtx): void => {
  const pair = sharedMirror(Object.keys(value));
  if (!pair) return;
  const message = `another name than that of ${pair[0]}: both would be mirrored as ${mirrorTableName(pair[1])}`;
  context.addIssue({ code: 'custom', message, path: [pair[1]] });
};

const sources = z
  .record(tableName, z.strictObject({ key: rowKey, dirty: callable }))
  .refine(oneAtLeast, 'at least one legacy table')
  .superRefine(namesApart);

const captured = z
  .strictObject({
    name: identifier,
    version,
    key: z.string().min(1),
    table: callable,
    sources,
    root: z.string().optional(),
    build: callable,
  })
  .refine((value) => value.root === undefined || value.root in value.sources, {
    message: 'one of the tables in sources',
    path: ['root'],
  });

const handled = z
  .strictObject({
    name: identifier,
    version,
    key: z.string().min(1),
    table: callable,
    tables: z.record(identifier, callable).optional(),
    sources: z.record(tableName, z.strictObject({ key: rowKey, keyOf: callable.optional() })).superRefine(namesApart),
    on: z.record(z.string(), callable),
    eventKeyOf: callable.optional(),
  })
  .superRefine(({ name, tables, sources: known, on }, context) => {
    const say = (message: string, ...path: string[]): void => context.addIssue({ code: 'custom', message, path });
    for (const source of Object.keys(known))
      if (!(source in on)) say('a handler for each of the sources', 'on', source);
    if (tables && name in tables) say('another name than that of the read model', 'tables', name);
  });

const shared = z.strictObject({
  name: identifier,
  version,
  shared: z.literal(true),
  database: postgresUrl.optional(),
  connections: z.number().int().min(1).max(100).optional(),
  views: z
    .record(identifier, z.string().regex(/^\s*(select|with|values|table)\b/i, 'a query, such as "SELECT ..."'))
    .refine((value) => Object.keys(value).length > 0, 'at least one view')
    .optional(),
});

const batch = z.strictObject({
  name: identifier,
  version,
  batch: z.strictObject({
    every: duration,
    database: z.looseObject({ client: z.union([z.string().min(1), callable]) }).optional(),
    mayBeEmpty: z.boolean().optional(),
  }),
  table: callable,
  load: callable,
});

const fromTopics = z
  .strictObject({
    name: identifier,
    version,
    key: z.string().min(1),
    table: callable,
    tables: z.record(identifier, callable).optional(),
    topics: z.array(z.string().min(1)).min(1),
    settle: duration.optional(),
    on: z.record(z.string().min(1), callable).refine(oneAtLeast, 'a handler for at least one type of event'),
    eventKeyOf: callable.optional(),
    // Events of topics and changes of legacy have no order among each other, so that no handler could be right.
    sources: z.strictObject({}, 'no sources: a read model is made of topics or of legacy tables').optional(),
  })
  .refine(({ name, tables = {} }) => !(name in tables), {
    message: 'another name than that of the read model',
    path: ['tables'],
  });

/** Which of the five is decided by the key that only it has, so that an error speaks of what was meant. */
export const readModel = z.record(z.string(), z.unknown()).superRefine((value, context) => {
  if ('on' in value && 'build' in value) {
    context.addIssue({
      code: 'custom',
      message: 'either build or on: rows are built, or written by handlers',
      path: ['on'],
    });
    return;
  }
  const schema =
    'shared' in value
      ? shared
      : 'batch' in value || 'load' in value
        ? batch
        : 'topics' in value
          ? fromTopics
          : 'on' in value
            ? handled
            : captured;
  const checked = schema.safeParse(value);
  for (const issue of checked.error?.issues ?? []) {
    const message = issue.code === 'invalid_key' ? issue.issues.map((each) => each.message).join('; ') : issue.message;
    context.addIssue({ code: 'custom', message, path: [...issue.path] });
  }
});
