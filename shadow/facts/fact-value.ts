import type { FactValue } from '../../src/kernel/facts.ts';
import { maxSearched } from '../display-text.ts';
import { JsonNumber } from '../json/json-number.ts';
import type { Scalar } from '../json/scalars.ts';
import { scalarText } from '../json/scalars.ts';
import type { Redactor } from '../redact.ts';

/** Longer texts, and those of more words, are prose or names: no condition reads well with one, so only equality is kept. */
const MAX_LENGTH = 40;
const MAX_WORDS = 3;

/**
 * Names of fields that hold people and where they live. In difference samples such a value shows where it differs; facts take
 * all fields of an answer, so they take these as hashes whatever the redact rules say.
 */
const ofPeople =
  /(first|last|full|sur|nick|maiden|user|customer|contact|person|display|given|family|account|holder|recipient|owner)[-_ ]?name|^name$|^login$|street|address|city|town|postal|post[-_ ]?code|zip|mobile|fax|cell|nation|gender|passport|tax[-_ ]?(id|no)|vat/i;

/** The same where the name is the person's part in it, and nothing more: `customer`, but not `customerType`. */
const people =
  /^(customer|client|user|author|assignee|assigned[-_]?[tT]o|owner|holder|guest|patient|doctor|member|employee|manager|student|teacher|tenant|buyer|seller|payer|payee|sender|recipient|receiver|contact|person|driver|agent|attendee|participant|surname|forename|nick|alias|handle|signed|company|((ship|bill|sold|send)[-_]?[tT]o)|(\w+[-_]by)|([a-z]+By))$/;
const asWritten = (name: string): string =>
  /^[A-Z]+$/.test(name) ? name.toLowerCase() : name.replace(/^[A-Z]/, (first) => first.toLowerCase());

export function isOfPeople(name: string): boolean {
  return ofPeople.test(name) || people.test(asWritten(name));
}

/** A scalar of an answer as it may be stored. Numbers stay numbers as long as they lose nothing, so that ranges can be found. */
export function scalarFact(value: Scalar, isPersonal: boolean, redactor: Redactor): FactValue {
  if (value === null) return null;
  if (isPersonal) return redactor.hash(value instanceof JsonNumber ? scalarText(value) : String(value));
  if (typeof value === 'boolean') return value;
  return value instanceof JsonNumber ? numberFact(value.lexeme, redactor) : textFact(value, redactor);
}

/** A parameter: the text of a number is a number. */
export function parameterFact(text: string, isPersonal: boolean, redactor: Redactor): FactValue {
  if (isPersonal && text !== '') return redactor.hash(text);
  return /^-?(0|[1-9]\d{0,14})(\.\d{1,6})?$/.test(text) ? numberFact(text, redactor) : textFact(text, redactor);
}

function numberFact(lexeme: string, redactor: Redactor): FactValue {
  const shown = lexeme.slice(0, MAX_LENGTH);
  if (redactor.isPersonal(shown)) return redactor.hash(shown);
  const value = Number(lexeme);
  const isExact = Number.isFinite(value) && (!Number.isInteger(value) || Number.isSafeInteger(value));
  return isExact ? value : shown;
}

function textFact(text: string, redactor: Redactor): FactValue {
  const isProse = text.length > MAX_LENGTH || text.split(/\s+/, MAX_WORDS + 1).length > MAX_WORDS;
  if (isProse) return redactor.hash(text.slice(0, maxSearched));
  return redactor.text(text);
}
