/** Checks the data of events of one type, as zod's schemas do. */
export interface EventSchema {
  readonly safeParse: (
    data: unknown,
  ) => { readonly success: true; readonly data: unknown } | { readonly success: false; readonly error: unknown };
}
