import type { SimulatedScript, TracedOffer } from "@loramill/compute";

/** Guesses: images of trainers are large, hosts differ, and one boot in fifty comes to nothing. */
export const usualScript = (seed: number, market: readonly TracedOffer[]): SimulatedScript => ({
  seed,
  market,
  boot: { medianMs: 110_000, spread: 0.4, failureShare: 0.02 },
  preemption: { perHour: 0.06, noticeMs: 5_000 },
});

export const USUAL_BANDWIDTH = { median: 200_000_000, spread: 0.3 };
