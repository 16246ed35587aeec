/** `2026-11-26 05:20 UTC`: whoever reads it elsewhere must not take it for their own time. */
export function timeText(iso: string): string {
  return `${iso.slice(0, 10)} ${iso.slice(11, 16)} UTC`;
}
