const units: Readonly<Record<string, number>> = { s: 1_000, min: 60_000, h: 3_600_000, d: 86_400_000 };

/** `30s`, `15min`, `1h`, `1d` in milliseconds; undefined for anything else, and for none at all. */
export function parseDuration(text: string): number | undefined {
  const parts = /^(\d{1,6})\s?(s|min|h|d)$/.exec(text);
  if (!parts) return undefined;
  const milliseconds = Number(parts[1]) * units[parts[2]!]!;
  return milliseconds > 0 ? milliseconds : undefined;
}
