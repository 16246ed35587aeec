import { readHar, type HarEntry, type ReadEntry } from '../../../shadow/har/har-file.ts';
import { harQuestion, type HarQuestion } from '../../../shadow/har/har-question.ts';
import type { NormalizedFeature } from '../../config/normalized-config.ts';
import { TemplateBudget, pathTemplate } from '../../observe/path-template.ts';
import type { HttpQuestion } from '../../kernel/exchange.ts';
import { withGiven } from './given-headers.ts';
import { routeFinder, type RoutedQuestion } from './find-route.ts';
import type { NotAsked } from './result.ts';

export interface HarSelection {
  /** What routes are known by; empty: none are, and paths are told apart by what looks like an id. */
  readonly features: readonly Pick<NormalizedFeature, 'name' | 'routes' | 'candidateTimeoutMs'>[];
  /** Only what belongs to this feature. Without features: its name. */
  readonly feature?: string | undefined;
  /** The name that questions without a route of the config go by; undefined: they are left out. */
  readonly others?: string | undefined;
  /** Only questions to this origin. Default: that of the first request that was answered with success. */
  readonly origin?: string | undefined;
  /** What questions are asked of instead, by their headers. Default: what was recorded. */
  readonly as?: URL | undefined;
}

export interface HarAsked extends RoutedQuestion {
  readonly origin: string;
  readonly entry: HarEntry;
  readonly hadCredentials: boolean;
}

export interface HarQuestions {
  readonly asked: readonly HarAsked[];
  readonly notAsked: readonly NotAsked[];
}

const MAX_TEMPLATES = 1_000;

/** The questions of a HAR file that can be asked or compared, each with its route, and why the others cannot. No I/O. */
export function harQuestions(text: string, name: string, selection: HarSelection): HarQuestions {
  const find = routeFinder(selection.features);
  const templates = new TemplateBudget(MAX_TEMPLATES);
  const asked: HarAsked[] = [];
  const notAsked: NotAsked[] = [];
  const entries = readHar(text, name);
  const origin = selection.origin ?? originOf(entries);
  for (const read of entries) {
    if (!read.ok) {
      notAsked.push({ question: `entry ${read.index + 1}: ${read.problem}`, reason: 'no-entry' });
      continue;
    }
    const found = harQuestion(read.entry);
    const question = found ? `${found.question.method} ${found.question.target}` : read.entry.request.url;
    const leave = (reason: string): void => void notAsked.push({ question, reason });
    if (found === undefined) leave('not-http');
    else if (found.origin !== origin) leave('other-origin');
    else {
      const routed = routeOf(found, selection, find, templates);
      if (typeof routed === 'string') leave(routed);
      else
        asked.push({
          ...routed,
          question: askedAs(routed.question, selection.as),
          entry: read.entry,
          origin: found.origin,
          hadCredentials: found.hadCredentials,
        });
    }
  }
  return { asked, notAsked };
}

/** What is typed is often sent on to https or to another host before anything is shown. */
function originOf(entries: readonly ReadEntry[]): string | undefined {
  const read = entries.flatMap((each) => (each.ok ? [each.entry] : []));
  const shown = read.find((entry) => isSuccess(entry) && harQuestion(entry) !== undefined);
  const first = shown ?? read.find((entry) => harQuestion(entry) !== undefined);
  return first && harQuestion(first)?.origin;
}

function isSuccess({ response: { status } }: HarEntry): boolean {
  return status >= 200 && status < 300;
}

function askedAs(question: HttpQuestion, url: URL | undefined): HttpQuestion {
  if (url === undefined) return question;
  const { host, protocol } = url;
  return {
    ...question,
    headers: withGiven(question.headers, ['host', host, 'x-forwarded-proto', protocol.slice(0, -1)]),
  };
}

function routeOf(
  { question, body }: HarQuestion,
  { feature, others }: HarSelection,
  find: ReturnType<typeof routeFinder>,
  templates: TemplateBudget,
): RoutedQuestion | string {
  if (question.method === 'HEAD') return 'method';
  const routed = find(question, body);
  if (typeof routed !== 'string') {
    return feature === undefined || routed.feature === feature ? routed : 'other-feature';
  }
  if (routed === 'method' || question.method !== 'GET') return 'method';
  if (others === undefined) return 'no-route';
  return { feature: others, route: `GET ${templates.admit(pathTemplate(question.target))}`, params: {}, question };
}
