import { writeFile } from "node:fs/promises";
import { userInfo } from "node:os";
import type { LearningView, RatingSelectionInput } from "@loramill/contracts";
import { withConnection } from "../connect.ts";
import { exitCodes } from "../exit-codes.ts";
import { findGeneration } from "../find-generation.ts";
import { formatTable, printable, shortTime } from "../format.ts";
import { type CommandContext, printJson, printLine } from "./context.ts";

export interface RateGenerationOptions {
  readonly batch?: string;
  readonly by?: string;
}

export function rateCommand(
  generation: string,
  stars: number,
  { comment, by, batch }: RateGenerationOptions & { readonly comment?: string },
  context: CommandContext,
): Promise<number> {
  return withConnection(context, async ({ client }) => {
    const rating = await client.intelligence.rate(await findGeneration(generation, client, context), {
      stars,
      by: by ?? userInfo().username,
      ...(comment === undefined ? {} : { comment }),
      ...(batch === undefined ? {} : { batch }),
    });
    if (context.json) printJson(context, rating);
    else printLine(context, `${rating.generation}  ${rating.stars} stars by ${rating.by}`);
    return exitCodes.ok;
  });
}

export function listRatingsCommand(
  { of, ...which }: RatingSelectionInput & { readonly of?: string },
  context: CommandContext,
): Promise<number> {
  return withConnection(context, async ({ client }) => {
    const generation = of === undefined ? {} : { generation: await findGeneration(of, client, context) };
    const { items } = await client.intelligence.ratings({ ...which, ...generation });
    if (context.json) printJson(context, items);
    else if (items.length === 0) printLine(context, "none; `loramill rate FILE STARS` gives one");
    else {
      const rows = items.map(({ at, by, stars, generation, batch, comment }) => [
        shortTime(at),
        by,
        `${stars}`,
        generation,
        batch ?? "",
        printable(comment),
      ]);
      printLine(context, formatTable(["at (UTC)", "by", "stars", "generation", "batch", "comment"], rows));
    }
    return exitCodes.ok;
  });
}

export function changeRatingsCommand(
  change: "rollback" | "restore",
  which: RatingSelectionInput,
  context: CommandContext,
): Promise<number> {
  return withConnection(context, async ({ client: { intelligence } }) => {
    const answer = await (change === "rollback"
      ? intelligence.rollBackRatings(which)
      : intelligence.restoreRatings(which));
    if (context.json) printJson(context, answer);
    else printLine(context, `${answer.ratings} ratings ${change === "rollback" ? "taken back" : "given again"}`);
    return exitCodes.ok;
  });
}

export function exportRatingsCommand(
  { output, ...which }: { readonly project?: string; readonly format?: "json" | "csv"; readonly output?: string },
  context: CommandContext,
): Promise<number> {
  return withConnection(context, async ({ client }) => {
    const text = await client.intelligence.exportRatings(which, context.interrupts.signal);
    if (output === undefined) context.out.write(text);
    else await writeFile(output, text);
    return exitCodes.ok;
  });
}

export function learningCommand(options: { readonly project?: string }, context: CommandContext): Promise<number> {
  return withConnection(context, async ({ client }) => {
    const view = await client.intelligence.learning(options);
    if (context.json) printJson(context, view);
    else printLine(context, learningInWords(view));
    return exitCodes.ok;
  });
}

function learningInWords({ ratings, calibration, lift, suspects }: LearningView): string {
  const { brier, error, curve } = calibration;
  const percent = (share: number) => `${Math.round(100 * share)} %`;
  const rows = curve.map(({ from, to, forecasts, stated, observed }) => [
    `${percent(from)} to ${percent(to)}`,
    `${forecasts}`,
    percent(stated),
    percent(observed),
  ]);
  return [
    `${ratings} ratings`,
    ...(rows.length === 0
      ? ["nothing has been foretold yet: rate generations that were drawn with LoRAs"]
      : [
          "",
          "Liked (4 stars or 5), as it was foretold and as it came",
          formatTable(["foretold", "ratings", "stated", "came"], rows),
          `Brier score ${brier?.toFixed(3) ?? "unknown"} (0.250 for a coin), calibration error ${error?.toFixed(3) ?? "unknown"}`,
        ]),
    lift.stars === null
      ? "what learning brings is not known yet: it takes two ratings of choices with it, and two of those without"
      : `learning brings ${lift.stars.estimate.toFixed(2)} stars (${lift.stars.low.toFixed(2)} to ${lift.stars.high.toFixed(2)})`,
    ...suspects.map(
      ({ rater, ratings: count, reasons }) => `look at ${rater} (${count} ratings): ${reasons.join("; ")}`,
    ),
  ].join("\n");
}
