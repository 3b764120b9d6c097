import type { Figures } from "./harness.ts";

/** A bound that a figure must keep. */
export type Promised = {
  readonly figure: string;
  readonly why: string;
  /** What a machine must have for the figure to be measured; without it the promise is left alone. */
  readonly needs?: string;
} & ({ readonly atLeast: number } | { readonly atMost: number });

/** What the mill promises about its speed and its judgement; design section 13. Mostly ratios, so that the machine does not matter much. */
export const promises: readonly Promised[] = [
  {
    figure: "queue.layer",
    atLeast: 0.5,
    why: "our job layer against BullMQ with the same durable writes by raw batched SQL, on the slower of both backends",
  },
  { figure: "queue.imagesPerSecond", atLeast: 20_000, why: "images in jobs of 64 with a processor that does nothing" },
  { figure: "curate.vsSharp", atLeast: 0.9, why: "curating against bare sharp doing the same decode, crop and encode" },
  { figure: "curate.scanOverhead", atMost: 0.1, why: "measuring a 12-megapixel picture against decoding it" },
  {
    figure: "memory.curatorGrowth",
    atMost: 1.1,
    why: "peak memory of a curator for four times as many 12-megapixel pictures",
  },
  { figure: "dedupe.allPairs3Seconds", atMost: 2, why: "a million 64-bit hashes, up to 3 bits apart, on one core" },
  { figure: "dedupe.allPairs8Seconds", atMost: 20, why: "a million 64-bit hashes, up to 8 bits apart, on one core" },
  { figure: "dedupe.allPairs3SecondsFlat", atMost: 2, why: "the same with 30 % flat pictures" },
  { figure: "dedupe.allPairs8SecondsFlat", atMost: 20, why: "the same with 30 % flat pictures" },
  { figure: "dedupe.recall", atLeast: 1, why: "of the neighbours that a look at all hashes finds" },
  { figure: "cleaning.reencodedRecall", atLeast: 0.99, why: "planted copies at other qualities and in other formats" },
  { figure: "cleaning.resizedRecall", atLeast: 0.99, why: "planted smaller copies" },
  { figure: "cleaning.mirroredRecall", atLeast: 0.98, why: "planted mirror images" },
  { figure: "cleaning.croppedRecall", atLeast: 0.9, why: "planted copies without 5 % of each side's length" },
  { figure: "cleaning.duplicatePrecision", atLeast: 0.99, why: "of the pictures that are called duplicates" },
  { figure: "cleaning.blurRecall", atLeast: 0.95, why: "planted blurred photographs" },
  { figure: "cleaning.blurPrecision", atLeast: 0.95, why: "of the pictures that are called blurred" },
  { figure: "cleaning.blurFalseAlarms", atMost: 0.02, why: "pictures with a blurred background or hardly any edges" },
  {
    figure: "caption.busy",
    atLeast: 0.95,
    why: "share of an endpoint's 64 slots that one worker keeps at work, from the first question to the last answer",
  },
  {
    figure: "caption.imagesPerMinute",
    atLeast: 1_000,
    why: "curated pictures captioned, finished and remembered by one worker, at an endpoint of 64 slots and a second each",
  },
  {
    figure: "lora.concat",
    atLeast: 0.7,
    why: "merging two LoRAs of SDXL's size by joining ranks, file to file, against scaling the same bytes from file to file",
  },
  {
    figure: "lora.svd",
    atMost: 0.2,
    needs: "python3 with numpy",
    why: "merging 24 layers to a rank, in one thread, by the time of numpy's dense route",
  },
  {
    figure: "lora.inspectBytes",
    atMost: 1_000_000,
    why: "bytes that describing a LoRA of 2 GB in an S3 store reads",
  },
  {
    figure: "generate.overhead",
    atMost: 0.05,
    why: "share of the time in which a ComfyUI server that needs five seconds a picture has nothing to do",
  },
  {
    figure: "batch.accepted",
    atLeast: 0.1,
    why: "500 runs of a batch from the request to the answer, against one statement that inserts the same rows",
  },
  {
    figure: "batch.planned",
    atLeast: 0.03,
    why: "the same until each has its run, against the same rows in a transaction for each run",
  },
  { figure: "plan.seconds", atMost: 10, why: "planning 100,000 pictures with a prompt each" },
  { figure: "plan.rssMB", atMost: 500, why: "memory (MiB) of a process that plans them" },
  {
    figure: "intelligence.regretRatio",
    atMost: 0.5,
    why: "regret of 500 choices that learn from ratings of a hidden taste, by that of always taking the most popular",
  },
  {
    figure: "intelligence.calibrationError",
    atMost: 0.05,
    why: "stated probability of being liked against what 20,000 strangers say, after 500 ratings",
  },
  { figure: "intelligence.hostileRise", atMost: 0.2, why: "more regret when a tenth of the ratings is hostile" },
  {
    figure: "fleet.vsOptimum",
    atMost: 1.1,
    why: "cost by the exact optimum, cases of 3 to 12 jobs in a market that stands still",
  },
  { figure: "fleet.vsOptimumWorst", atMost: 1.2, why: "the same, the worst case of all" },
  {
    figure: "fleet.vsBound",
    atMost: 1.25,
    why: "cost of a month of 1,000 jobs by what nobody can undercut who knew the month beforehand, at list prices",
  },
  {
    figure: "fleet.vsHourlyBound",
    atMost: 1.25,
    why: "the same at prices that move by the hour, by what nobody can undercut who knew the month beforehand and pays in each hour what machines cost then: what is gained beyond it, by keeping machines for work that has not come, nobody gains who does not know the future (vsBoundMoving)",
  },
  {
    figure: "fleet.vsImpatient",
    atMost: 0.95,
    why: "cost at prices that move by the hour, by the same planner that never waits for a cheaper one",
  },
  {
    figure: "fleet.vsBoundRecorded",
    atMost: 1.35,
    why: "cost by the lower bound where spot is there, sold out and taken back as it was recorded",
  },
  {
    figure: "fleet.vsOnDemandRecorded",
    atMost: 0.8,
    why: "cost there by the same planner without spot machines",
  },
  { figure: "fleet.missedRecorded", atMost: 0.01, why: "share of jobs that were done too late there" },
  {
    figure: "fleet.missedByOptimum",
    atMost: 0.02,
    why: "share of jobs of the small cases that were done too late, which the optimum never is",
  },
  { figure: "fleet.vsOnDemand", atMost: 0.8, why: "cost by the same planner without spot machines" },
  { figure: "fleet.vsCheapestFirst", atMost: 0.95, why: "cost by a machine for each job, the cheapest by the hour" },
  { figure: "fleet.withinQuote", atLeast: 0.9, why: "share of runs that cost no more than the p90 quoted for them" },
  { figure: "fleet.missedDeadlines", atMost: 0.01, why: "share of jobs that were done too late" },
  {
    figure: "fleet.ceilingViolations",
    atMost: 0,
    why: "moments at which the machines cost more by the hour than allowed",
  },
  { figure: "fleet.orphans", atMost: 0, why: "machines at the end that nobody answers for" },
  { figure: "fleet.ledgerGapMicroUsd", atMost: 0, why: "what was charged, by the provider's bill and by its books" },
  { figure: "pocket.stepVsForward", atMost: 3.5, why: "one training step of the pocket engine in forward passes" },
];

/** The promises that the measured figures break, one line each. A promise about a bench that was not run is left alone. */
export function brokenPromises(
  measured: Readonly<Record<string, Figures>>,
  promised: readonly Promised[] = promises,
): string[] {
  return promised.flatMap((promise) => {
    const [bench = "", figure = ""] = promise.figure.split(".");
    const figures = measured[bench];
    if (figures === undefined) return [];
    const value = figures[figure];
    const bound = "atLeast" in promise ? `at least ${promise.atLeast}` : `at most ${promise.atMost}`;
    if (value === undefined && promise.needs !== undefined) return [];
    if (value === undefined) return [`${promise.figure} was not measured; promised: ${bound} (${promise.why})`];
    const kept = "atLeast" in promise ? value >= promise.atLeast : value <= promise.atMost;
    return kept ? [] : [`${promise.figure} is ${format(value)}; promised: ${bound} (${promise.why})`];
  });
}

/** Three significant digits, and whole numbers above a hundred. */
export function format(value: number): string {
  return Math.abs(value) >= 100 ? Math.round(value).toLocaleString("en-US") : String(Number(value.toPrecision(3)));
}
