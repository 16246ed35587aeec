import { unprocessable } from '../http/http-error.ts';
import { currencies } from './order-rows.ts';

export interface NewOrder {
  readonly customerId: string | undefined;
  readonly currency: string;
  readonly draft: boolean;
  readonly note: string | null;
  readonly shippingAddress: Readonly<Record<string, string>> | null;
  readonly items: readonly { readonly productId: string; readonly quantity: number }[];
}

export interface OrderChange {
  readonly note?: string | null;
  readonly shippingAddress?: Readonly<Record<string, string>> | null;
  /** Quantity 0 cancels the line. */
  readonly quantities: readonly { readonly itemId: string; readonly quantity: number }[];
}

type Body = Readonly<Record<string, unknown>>;
type Fields = Record<string, string>;

/** Answers 422 with the fields that are wrong. */
export function newOrderFrom(input: unknown): NewOrder {
  const body = bodyOf(input);
  const fields: Fields = {};
  const currency = currencies.find((known) => known === (body['currency'] ?? 'EUR'));
  if (currency === undefined) fields['currency'] = `must be one of ${currencies.join(', ')}`;
  const customerId = idOf(body['customer_id']);
  if (body['customer_id'] !== undefined && customerId === undefined) fields['customer_id'] = 'must be an integer';
  const items: { productId: string; quantity: number }[] = [];
  if (!Array.isArray(body['items']) || body['items'].length === 0 || body['items'].length > 50) {
    fields['items'] = 'must have 1 to 50 entries';
  } else {
    for (const [index, item] of body['items'].map(bodyOf).entries()) {
      const { product_id: product, quantity } = item;
      const productId = idOf(product);
      if (productId === undefined) fields[`items[${index}].product_id`] = 'must be an integer';
      if (!isQuantity(quantity, 1)) fields[`items[${index}].quantity`] = 'must be 1 to 999';
      else if (productId !== undefined) items.push({ productId, quantity });
    }
  }
  const note = noteFrom(body, fields) ?? null;
  const shippingAddress = addressFrom(body, fields) ?? null;
  if (currency === undefined || Object.keys(fields).length > 0) throw unprocessable(fields);
  return {
    customerId,
    currency,
    draft: body['draft'] === true,
    note,
    shippingAddress,
    items,
  };
}

/** Answers 422 with the fields that are wrong. */
export function orderChangeFrom(input: unknown): OrderChange {
  const body = bodyOf(input);
  const fields: Fields = {};
  const note = noteFrom(body, fields);
  const shippingAddress = addressFrom(body, fields);
  const quantities: { itemId: string; quantity: number }[] = [];
  if (body['items'] !== undefined && !Array.isArray(body['items'])) fields['items'] = 'must be a list';
  for (const [index, item] of (Array.isArray(body['items']) ? body['items'] : []).map(bodyOf).entries()) {
    const { id, quantity } = item;
    const itemId = idOf(id);
    if (itemId === undefined) fields[`items[${index}].id`] = 'must be an integer';
    if (!isQuantity(quantity, 0)) fields[`items[${index}].quantity`] = 'must be 0 to 999';
    else if (itemId !== undefined) quantities.push({ itemId, quantity });
  }
  if (Object.keys(fields).length > 0) throw unprocessable(fields);
  return {
    quantities,
    ...(note === undefined ? {} : { note }),
    ...(shippingAddress === undefined ? {} : { shippingAddress }),
  };
}

function noteFrom(body: Body, fields: Fields): string | null | undefined {
  const note = body['note'];
  if (note === undefined || note === null) return note;
  if (typeof note === 'string' && note.length <= 2_000) return note;
  fields['note'] = 'must be text of at most 2000 characters';
  return undefined;
}

function addressFrom(body: Body, fields: Fields): Readonly<Record<string, string>> | null | undefined {
  const address = body['shipping_address'];
  if (address === undefined || address === null) return address;
  const parts = bodyOf(address);
  const result: Record<string, string> = {};
  for (const part of ['line1', 'city', 'postcode', 'country']) {
    const value = parts[part];
    if (typeof value === 'string' && value !== '') result[part] = value;
    else fields[`shipping_address.${part}`] = 'is missing';
  }
  return result;
}

function bodyOf(value: unknown): Body {
  return typeof value === 'object' && value !== null ? { ...value } : {};
}

function idOf(value: unknown): string | undefined {
  const text = typeof value === 'number' ? String(value) : value;
  return typeof text === 'string' && /^\d{1,18}$/.test(text) ? text : undefined;
}

function isQuantity(value: unknown, least: number): value is number {
  return typeof value === 'number' && Number.isInteger(value) && value >= least && value <= 999;
}
