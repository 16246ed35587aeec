export function errorDocs(
  catalogue: Readonly<Record<string, { readonly meaning: string; readonly remedy: string }>>,
): string;
