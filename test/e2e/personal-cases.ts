import type { PersonalData } from '../support/personal-data.ts';

/** A question, and what each side answers to it. Both are made anew, so that the sides never have the same values. */
export interface PersonalCase {
  readonly target: string;
  readonly legacy: CaseAnswer;
  /** Undefined: the same as legacy. */
  readonly candidate: CaseAnswer | undefined;
}

export interface CaseAnswer {
  readonly status?: number;
  readonly headers?: Readonly<Record<string, string>>;
  readonly type: string;
  readonly body: string;
}

function json(value: unknown, more: Partial<CaseAnswer> = {}): CaseAnswer {
  return { type: 'application/json', body: JSON.stringify(value), ...more };
}

const plainAnswer = json({ ok: true });

/** In paths and queries. The answers differ, so each question becomes a sample. */
function questions(data: PersonalData): PersonalCase[] {
  const paths = Object.values(data.kinds()).map((each) => `/plain/p/${encodeURIComponent(each)}`);
  const raw = data.kinds();
  const queries = [
    ...Object.values(data.kinds()).map((each) => `/plain/q?q=${encodeURIComponent(each)}`),
    ...Object.values(data.kinds()).map((each) => `/plain/q?${encodeURIComponent(each)}=1`),
    `/plain/q?q=${raw.email}&r=${raw.iban}&s=${raw.card}`,
    `/plain/q?q=${raw.phone.replaceAll(' ', '')}`,
    `/plain/q?password=${data.word()}&Session_Id=${data.word()}&apiKey=${data.word()}`,
    `/plain/of/${encodeURIComponent(data.name())}/orders`,
    `/ruled/q?nickname=${encodeURIComponent(data.name())}&surname=${data.word()}`,
  ];
  return [...paths, ...queries].map((target) => ({ target, legacy: plainAnswer, candidate: json({ ok: false }) }));
}

/** Bodies of every type, with what shows by its looks. */
function plainBodies(data: PersonalData): PersonalCase[] {
  const types: ((text: string, n: number) => CaseAnswer)[] = [
    (text) => json({ note: text }),
    (text) => json({ [text]: { deep: [text] } }),
    (text) => json({ rows: [{ id: 1 }, { id: 2, [text]: text, list: [text, text] }] }),
    (text) => json({ password: text, a: { token: text } }),
    (text) => json({ ok: true }, { headers: { 'x-account': text } }),
    (text) => ({ type: 'text/plain', body: `Dear ${text},\nyou have 1 message.` }),
    (text) => ({ type: 'text/html', body: `<p title="${text}">To ${text}</p><a href="/u?token=${text}">in</a>` }),
    (text) => ({ type: 'application/xml', body: `<to mail="${text}"><name>${text}</name></to>` }),
    (text) => ({ type: 'text/csv', body: `id,contact\n1,"${text}"\n` }),
    (text) => ({ type: 'application/x-www-form-urlencoded', body: `to=${encodeURIComponent(text)}&n=1` }),
    (text) => ({ type: 'application/x-ndjson', body: `{"to":"${text}"}\n{"n":1}\n` }),
    (text) => ({ type: 'application/octet-stream', body: `\0\u0001${text}` }),
    (text) => ({
      type: 'multipart/form-data; boundary=b',
      body: `--b\r\nContent-Disposition: form-data; name="to"\r\n\r\n${text}\r\n--b--\r\n`,
    }),
  ];
  return types.flatMap((answer, n) => {
    const [legacy, candidate] = [Object.values(data.kinds()), Object.values(data.kinds())];
    return legacy.map((text, kind) => ({
      target: `/plain/b/${n}?kind=${kind}`,
      legacy: answer(text, n),
      candidate: answer(candidate[kind]!, n),
    }));
  });
}

/** What only a redact rule, or the name of a field or a header, makes personal. */
function namedValues(data: PersonalData): PersonalCase[] {
  const answers: (() => CaseAnswer)[] = [
    () => json({ customer: { name: data.name(), n: 1 } }),
    () => json({ customer: { name: { first: data.name(), [data.name()]: 1 } } }),
    () => json({ people: { [data.name()]: { age: data.word() } } }),
    () => json({ rows: [{ surname: data.name() }, { surname: data.name() }] }),
    () => json([{ nothing: 'that a rule names' }, 1]),
    () => ({ type: 'text/plain', body: `Dear ${data.name()},` }),
    () => ({ type: 'text/html', body: `<p>${data.name()}</p><input value="${data.word()}">` }),
    () => ({ type: 'application/xml', body: `<customer><name>${data.name()}</name></customer>` }),
    () => ({ type: 'text/csv', body: `id,surname\n1,"${data.name()}"\n` }),
    () => ({ type: 'application/x-www-form-urlencoded', body: `surname=${encodeURIComponent(data.name())}` }),
  ];
  const ruled = answers.map((answer, n) => ({ target: `/ruled/${n}`, legacy: answer(), candidate: answer() }));
  const headers = (): CaseAnswer =>
    json(
      {},
      {
        headers: {
          'set-cookie': `shop_session=${data.word()}; Path=/; HttpOnly`,
          location: `/in?session=${data.word()}`,
          authorization: `Basic ${data.word()}`,
        },
      },
    );
  const fields = (): CaseAnswer =>
    json({ password: data.word(), api_key: data.word(), user: { phone: `0151 ${data.word()}` } });
  return [
    ...ruled,
    { target: '/plain/headers', legacy: headers(), candidate: headers() },
    { target: '/plain/fields', legacy: fields(), candidate: fields() },
  ];
}

/** Of what matches, facts are taken, which hold more of an answer than any sample. */
function matches(data: PersonalData): PersonalCase[] {
  return Array.from({ length: 12 }, (_, n) => {
    const kinds = data.kinds();
    const person = {
      customer_name: data.name(),
      first_name: data.name(),
      city: data.name(),
      login: data.word(),
      ...kinds,
    };
    const answer = json({
      ...person,
      note: `to ${kinds.email} or ${kinds.phone}, ${data.name().length} letters`,
      rows: [{ ...person, id: n }],
      [kinds.email]: { n },
    });
    return { target: `/plain/m/${n}?contact=${encodeURIComponent(kinds.email)}`, legacy: answer, candidate: undefined };
  });
}

export function personalCases(data: PersonalData): readonly PersonalCase[] {
  return [...questions(data), ...plainBodies(data), ...namedValues(data), ...matches(data)];
}
