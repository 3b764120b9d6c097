/** Machines that a level stands for, a cautious guess: the vendor tells levels only. */
const MACHINES: Readonly<Record<string, number>> = { none: 0, low: 1, medium: 4, high: 16 };

export function stockOf(level: string): number {
  return MACHINES[level.toLowerCase()] ?? 0;
}
