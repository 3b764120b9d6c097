/** US dollars for programs; exact, because micro-dollars have six decimals. */
export const inUsd = (microUsd: number): string => (microUsd / 1_000_000).toFixed(6);
