import { join } from "node:path";
import { GenerationPreview } from "@loramill/contracts";
import { ApiError, type Client } from "@loramill/sdk";
import { z } from "zod";
import { withConnection } from "../connect.ts";
import { exitCodes } from "../exit-codes.ts";
import { resolveRun } from "../resolve-run.ts";
import { writeWhole } from "../write-whole.ts";
import { type CommandContext, printJson, printLine } from "./context.ts";

interface SavedPreview {
  readonly item: number;
  readonly at: string;
  readonly path: string;
}

const Progress = z.looseObject({ previews: z.array(GenerationPreview).catch([]) });

/** Saves the newest look at each picture or clip that a run draws now, as far as its backend shows any. */
export async function previewsCommand(
  run: string,
  { output = "." }: { readonly output?: string },
  context: CommandContext,
): Promise<number> {
  return withConnection(context, async ({ client }) => {
    const saved: SavedPreview[] = [];
    for (const preview of await findPreviews(client, await resolveRun(client, run))) {
      const { item, at } = preview;
      const bytes = await downloadIfThere(client, preview, context.interrupts.signal);
      if (bytes === null) continue;
      const path = join(output, `preview-${String(item).padStart(4, "0")}.${bytes[0] === 0xff ? "jpg" : "png"}`);
      await writeWhole(path, [bytes]);
      saved.push({ item, at, path });
    }
    if (context.json) printJson(context, { previews: saved });
    else if (saved.length === 0)
      printLine(context, "there is no preview now: nothing is drawn, or by a backend that shows none");
    else for (const { item, at, path } of saved) printLine(context, `item ${item} at ${at}: ${path}`);
    return exitCodes.ok;
  });
}

async function findPreviews(client: Client, run: string): Promise<GenerationPreview[]> {
  const open = ["active", "parked"].map((state) => client.listJobs(run, { state, limit: 200 }));
  const jobs = (await Promise.all(open)).flatMap(({ items }) => items);
  return jobs.flatMap(({ progress }) => Progress.safeParse(progress).data?.previews ?? []);
}

/** Null for one whose picture was finished meanwhile. */
async function downloadIfThere(
  client: Client,
  { url }: GenerationPreview,
  signal: AbortSignal,
): Promise<Uint8Array | null> {
  try {
    return await client.download(url, signal);
  } catch (error) {
    if (error instanceof ApiError && error.problem.code === "preview-not-found") return null;
    throw error;
  }
}
