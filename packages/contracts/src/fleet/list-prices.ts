import { z } from "zod";

/** US dollars per hour of a GPU in each of a provider's clouds; null where it is not sold. */
export interface ListPrice {
  readonly secure: number | null;
  readonly community: number | null;
}

/** What was listed in 2026-04, secure/community. */
const LISTED = [
  "NVIDIA GeForce RTX 3090=0.3",
  "NVIDIA GeForce RTX 4090=0.69/0.34",
  "NVIDIA RTX A6000=0.49/0.33",
  "NVIDIA A40=0.44/0.34",
  "NVIDIA A100 80GB PCIe=1.39/1.19",
  "NVIDIA A100-SXM4-80GB=1.49/1.39",
  "NVIDIA H100 PCIe=2.79/2.39",
  "NVIDIA H100 80GB HBM3=2.99/2.69",
  "NVIDIA H200=3.99/-",
  "NVIDIA B200=5.99/-",
].join(" | ");

const USD = String.raw`\s*(?:\d+(?:\.\d+)?|-)\s*`;
const PRICES = new RegExp(`^(?:[^|=]+=${USD}(?:/${USD})?(?:\\||$))*$`);

function usdOf(text: string): number | null {
  const usd = Number(text.trim());
  return Number.isFinite(usd) && usd > 0 ? usd : null;
}

/** Of a text as `RUNPOD_SEED_PRICES` has it. */
export function readListPrices(text: string): ReadonlyMap<string, ListPrice> {
  const pairs = text.split("|").filter((pair) => pair.includes("="));
  return new Map(
    pairs.map((pair) => {
      const [name = "", usd = ""] = pair.split("=");
      const [secure = "", community = secure] = usd.split("/");
      return [name.trim(), { secure: usdOf(secure), community: usdOf(community) }];
    }),
  );
}

/** By the provider's id of the GPU type; what a deployment sets takes the place of all of them. */
export const listPrices: ReadonlyMap<string, ListPrice> = readListPrices(LISTED);

/** What every process reads that rents machines, or tells what they would cost where nobody offers any. */
export const listPriceVariables = {
  RUNPOD_CLOUDS: z
    .string()
    .default("SECURE,COMMUNITY")
    .transform((text) => text.split(/[\s,]+/).filter(Boolean))
    .pipe(z.array(z.enum(["SECURE", "COMMUNITY"])).min(1))
    .describe("Clouds to rent from; SECURE, COMMUNITY or both"),
  RUNPOD_SEED_PRICES: z
    .string()
    .regex(PRICES, "must be like NVIDIA L4=0.44/0.39|NVIDIA H200=3.99/-")
    .default(LISTED)
    .describe(
      "US dollars per hour of GPU types, secure/community (one for both, - for not sold): where the catalogue leaves a price out, and for quotes while nothing is offered; replaces the whole list",
    ),
} as const;

/** The cheapest price in the clouds that are rented from, by GPU type. */
export function cheapestOf(
  prices: ReadonlyMap<string, ListPrice>,
  clouds: readonly ("SECURE" | "COMMUNITY")[],
): ReadonlyMap<string, number> {
  return new Map(
    [...prices].flatMap(([id, { secure, community }]) => {
      const sold = clouds.map((cloud) => (cloud === "SECURE" ? secure : community)).filter((usd) => usd !== null);
      return sold.length === 0 ? [] : [[id, Math.min(...sold)] as const];
    }),
  );
}
