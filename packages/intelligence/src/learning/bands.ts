import type { Belief, Place } from "./beliefs.ts";
import type { Random } from "./draw-normal.ts";
import type { Learned } from "./learned.ts";
import type { RatedChoice } from "./rating.ts";

export type BandedParameter = "steps" | "guidance" | "strength";

/**
 * Where bands begin: values within one are told apart by taste hardly ever, so they share their ratings. Steps as samplers'
 * makers recommend them (few for distilled models, 20 to 30, more for quality), guidance around the usual 3.5 of Flux and 7
 * of Stable Diffusion, strength around the usual 0.6 to 1.
 */
export const BAND_EDGES: Readonly<Record<BandedParameter, readonly number[]>> = {
  steps: [10, 20, 30, 40, 60],
  guidance: [2, 4, 6, 8, 11],
  strength: [0.3, 0.6, 0.8, 1, 1.2],
};

/** The band of a value: `20..30` has 20 and not 30. */
export function bandOf(parameter: BandedParameter, value: number): string {
  const edges = BAND_EDGES[parameter];
  const above = edges.filter((edge) => value >= edge).length;
  return `${edges[above - 1] ?? 0}..${edges[above] ?? ""}`;
}

const bandPath = (parameter: BandedParameter, value: number, family: string, subject: string): Place => ({
  thing: `${parameter} ${bandOf(parameter, value)}`,
  family,
  subject,
});

/** The bands that a rating speaks of. */
export function bandsOf({ steps, guidance, strengths, family, subject }: RatedChoice): Place[] {
  return [
    bandPath("steps", steps, family, subject),
    bandPath("guidance", guidance, family, subject),
    ...strengths.map((strength) => bandPath("strength", strength, family, subject)),
  ];
}

interface BandQuestion {
  readonly parameter: BandedParameter;
  readonly family: string;
  readonly subject: string;
}

/** What ratings say of a value's band, the same at each question. */
export function believeBand(learned: Learned, value: number, { parameter, family, subject }: BandQuestion): Belief {
  return learned.bands.believe(bandPath(parameter, value, family, subject));
}

/** The value, of some that are all possible, whose band does best in one draw (Thompson); the first of equals. */
export function drawBand(
  learned: Learned,
  values: readonly [number, ...number[]],
  { parameter, family, subject }: BandQuestion,
  random: Random,
): number {
  const drawing = learned.bands.draw(random, learned.settings.daring);
  const scored = values.map((value) => ({ value, score: drawing(bandPath(parameter, value, family, subject)) }));
  return scored.reduce((best, each) => (each.score > best.score ? each : best)).value;
}

/** A value of each numeric parameter that ratings favour, with the ratings it rests on. */
export type DrawnParameters = Partial<Record<"steps" | "guidance", { value: number; observations: number }>>;

/**
 * Steps and guidance by one draw each: of the bands that were rated on the family, the median value of the best. Bands that
 * nobody ever used are not tried out by themselves; a parameter without ratings is left out.
 */
export function drawParameters(
  learned: Learned,
  { family, subject }: Omit<BandQuestion, "parameter">,
  random: Random,
): DrawnParameters {
  const drawn: DrawnParameters = {};
  for (const parameter of ["steps", "guidance"] as const) {
    const [first, ...others] = mediansOfBands(
      parameter,
      learned.ratings.flatMap(({ choice }) => (choice.family === family ? [choice[parameter]] : [])),
    );
    if (first === undefined) continue;
    const question = { parameter, family, subject };
    const value = drawBand(learned, [first, ...others], question, random);
    drawn[parameter] = { value, observations: believeBand(learned, value, question).observations };
  }
  return drawn;
}

/** The middle one of the values of each band, the lower of two. */
function mediansOfBands(parameter: BandedParameter, values: readonly number[]): number[] {
  const sorted = [...values].sort((a, b) => a - b);
  const bands = Map.groupBy(sorted, (value) => bandOf(parameter, value));
  return [...bands.values()].flatMap((band) => band[(band.length - 1) >> 1] ?? []);
}
