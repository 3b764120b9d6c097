import type { LoraLineage } from "@loramill/contracts";
import { withConnection } from "../connect.ts";
import { exitCodes } from "../exit-codes.ts";
import { formatDuration } from "../format.ts";
import { type CommandContext, printJson, printLine } from "./context.ts";
import type { InProject } from "./lora.ts";

/** Where a LoRA comes from, and what came of it. */
export async function loraLineageCommand(lora: string, options: InProject, context: CommandContext): Promise<number> {
  return withConnection(context, async ({ client }) => {
    const lineage = await client.loras.lineage(lora, options);
    if (context.json) printJson(context, lineage);
    else printLineage(lineage, context);
    return exitCodes.ok;
  });
}

function printLineage(
  { lora, weights, training, made, from, became, generations }: LoraLineage,
  context: CommandContext,
): void {
  const fact = (label: string, text: string) => printLine(context, `  ${label.padEnd(15)} ${text}`);
  const called = (links: LoraLineage["from"]) => links.map(({ name, version }) => `${name}@${version}`).join(", ");
  printLine(context, `${lora.name}@${lora.version}`);
  for (const { role, sha256 } of weights) if (role !== "both") fact(`${role} noise`, sha256);
  if (training !== null) {
    const { dataset, captions, recipe, steps, images, computeSeconds, finalLoss } = training;
    fact("trained by", `${training.run} on ${training.backend}`);
    if (dataset !== null) fact("dataset", `${dataset.name ?? "?"}@${dataset.version ?? "?"}  ${dataset.digest}`);
    fact("captions", captions ?? "those that came with the pictures");
    fact(
      "recipe",
      ["family", "baseModel", "rank", "alpha", "learningRate", "resolution", "seed"]
        .flatMap((field) => (recipe[field] === undefined ? [] : [`${field} ${recipe[field]}`]))
        .join(", "),
    );
    fact(
      "training",
      `${steps ?? "?"} steps on ${images ?? "?"} pictures in ${formatDuration(computeSeconds)}${finalLoss === null ? "" : `, loss ${finalLoss.toFixed(4)}`}`,
    );
    for (const { message } of training.deviations) fact("but", message);
  }
  if (made !== null) {
    fact("made by", made.operation);
    for (const { name, weight, weights } of made.from) fact("from", `${name} × ${weight}  ${weights.slice(0, 12)}`);
    const { told } = made.settings;
    for (const [where, facts] of Object.entries(told && typeof told === "object" ? told : {})) {
      const text = Object.entries(facts ?? {}).map(([key, value]) => `${key} ${value}`);
      if (text.length > 0) fact(`told (${where})`, text.join(", "));
    }
  }
  if (from.length > 0) fact("in the library", called(from));
  fact("became", became.length === 0 ? "nothing yet" : called(became));
  fact(
    "generations",
    `${generations.count}${
      generations.runs.length === 0
        ? ""
        : ` in ${generations.runs
            .map(({ run }) => run)
            .slice(0, 5)
            .join(", ")}`
    }`,
  );
}
