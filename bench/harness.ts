/** What a bench measures: figures by name. Ratios are of runs that alternate on the same machine in the same minute. */
export type Figures = Readonly<Record<string, number>>;

export interface Bench {
  readonly name: string;
  /** `seeds`: of a bench that simulates, how many worlds to draw. */
  run(options?: { readonly seeds?: number }): Promise<Figures>;
}

/** One of the two things compared. Only `run` is timed. */
export interface Side {
  /** Makes what the run consumes. */
  prepare?(round: number): Promise<void>;
  /** Does the work and answers how much of it (jobs, images, steps). */
  run(round: number): Promise<number>;
}

export interface Comparison {
  /** Units per second, medians. */
  readonly ours: number;
  readonly reference: number;
  /** Median of the rounds' own ratios: what else runs on the machine hits both halves of a round. */
  readonly ratio: number;
}

/** Milliseconds that only grow. */
export type Clock = () => number;

export const wallClock: Clock = () => performance.now();

/** What this process and its threads have computed: for work that only computes, on machines that do other things too. */
export const cpuClock: Clock = () => {
  const { user, system } = process.cpuUsage();
  return (user + system) / 1_000;
};

/** Runs both sides in turns, after warm-ups that do not count. Every other round starts with the reference. */
export async function compare(
  sides: { readonly ours: Side; readonly reference: Side },
  options: { readonly warmups?: number; readonly rounds?: number; readonly clock?: Clock } = {},
): Promise<Comparison> {
  const { warmups = 1, rounds = 5, clock = wallClock } = options;
  const rates: { ours: number; reference: number }[] = [];
  for (let round = 0; round < warmups + rounds; round += 1) {
    const order = round % 2 === 0 ? (["ours", "reference"] as const) : (["reference", "ours"] as const);
    const rate = { ours: 0, reference: 0 };
    for (const which of order) rate[which] = await rateOf(sides[which], round, clock);
    if (round >= warmups) rates.push(rate);
  }
  return {
    ours: median(rates.map((rate) => rate.ours)),
    reference: median(rates.map((rate) => rate.reference)),
    ratio: median(rates.map((rate) => rate.ours / rate.reference)),
  };
}

async function rateOf(side: Side, round: number, clock: Clock): Promise<number> {
  await side.prepare?.(round);
  const started = clock();
  const units = await side.run(round);
  return units / ((clock() - started) / 1_000);
}

export function median(values: readonly number[]): number {
  const sorted = [...values].sort((a, b) => a - b);
  const middle = sorted.length >> 1;
  const [low, high] = [sorted[middle - 1] ?? Number.NaN, sorted[middle] ?? Number.NaN];
  return sorted.length % 2 === 1 ? high : (low + high) / 2;
}
