import { existsSync } from "node:fs";
import { readFile } from "node:fs/promises";
import { ChoiceExplanation } from "@loramill/contracts";
import { readProvenance } from "@loramill/imaging/provenance";
import { renderExplanation } from "@loramill/intelligence";
import { withConnection } from "../connect.ts";
import { exitCodes } from "../exit-codes.ts";
import { findGeneration } from "../find-generation.ts";
import { type CommandContext, printJson, printLine } from "./context.ts";

/** Why a generation has its LoRAs and parameters: as its file says, else as the catalog does. */
export async function explainGenerationCommand(generation: string, context: CommandContext): Promise<number> {
  const explanation = (await told(generation)) ?? (await known(generation, context));
  if (context.json) printJson(context, explanation);
  else printLine(context, renderExplanation(explanation));
  return exitCodes.ok;
}

async function told(path: string): Promise<ChoiceExplanation | null> {
  if (!existsSync(path)) return null;
  const { record } = readProvenance(await readFile(path));
  return ChoiceExplanation.safeParse(record?.explanation).data ?? null;
}

function known(generation: string, context: CommandContext): Promise<ChoiceExplanation> {
  return withConnection(context, async ({ client }) =>
    client.intelligence.explanation(await findGeneration(generation, client, context)),
  );
}
