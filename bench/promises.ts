import type { Figures } from "./harness.ts";

/** A bound that a figure must keep. */
export type Promised = { readonly figure: string; readonly why: string } & (
  | { readonly atLeast: number }
  | { readonly atMost: number }
);

/** What the mill promises about its speed; design section 13. Ratios, so that the machine does not matter much. */
export const promises: readonly Promised[] = [
  {
    figure: "queue.layer",
    atLeast: 0.5,
    why: "our job layer against BullMQ with the same durable writes by raw batched SQL, on the slower of both backends",
  },
  { figure: "queue.imagesPerSecond", atLeast: 20_000, why: "images in jobs of 64 with a processor that does nothing" },
  { figure: "curate.vsSharp", atLeast: 0.9, why: "curating against bare sharp doing the same decode, crop and encode" },
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
    if (value === undefined) return [`${promise.figure} was not measured; promised: ${bound} (${promise.why})`];
    const kept = "atLeast" in promise ? value >= promise.atLeast : value <= promise.atMost;
    return kept ? [] : [`${promise.figure} is ${format(value)}; promised: ${bound} (${promise.why})`];
  });
}

/** Three significant digits, and whole numbers above a hundred. */
export function format(value: number): string {
  return Math.abs(value) >= 100 ? Math.round(value).toLocaleString("en-US") : String(Number(value.toPrecision(3)));
}
