import {
  type BackendContext,
  type CollectedGenerations,
  type GeneratedFile,
  type GenerationRequest,
  type GenerationStatus,
  TransientError,
  UserError,
} from "@loramill/contracts";
import { followPrompts } from "./follow-prompts.ts";
import { type GenerationDeps, openTurn, type Turn } from "./generation-deps.ts";
import { newItem } from "./generation-record.ts";
import { chargesOf, isOver, statusOf } from "./generation-report.ts";
import { dropPreviews } from "./keep-previews.ts";
import { sendPrompts } from "./send-prompts.ts";
import { planItems } from "./submit-generation.ts";

/** One look at a job: what was sent is looked at, what ended is fetched, and what waits is sent to whoever has room. */
export async function pollGeneration(
  remoteId: string,
  request: GenerationRequest,
  context: BackendContext,
  deps: GenerationDeps,
): Promise<GenerationStatus> {
  const record = await deps.records.find(context.job);
  if (record?.remoteId !== remoteId) return { kind: "lost" };
  const { usdPerHour } = deps.options;
  if (record.state === "cancelled") return { kind: "cancelled", charges: chargesOf(record, usdPerHour) };
  const turn = openTurn(record, request, { planned: await planItems(request, context, deps), context }, deps);
  if (record.state === "failed") tryAnew(turn);
  if (!turn.record.items.every(isOver)) {
    try {
      await followPrompts(turn);
      await dropPreviews(turn);
      await sendPrompts(turn);
    } catch (error) {
      await turn.save();
      if (!(error instanceof UserError) || error.code !== "lora-unloadable") throw error;
      return { kind: "failed", error, charges: chargesOf(turn.record, usdPerHour) };
    }
  }
  const status = statusOf(turn.record, deps.options);
  if (status.kind !== "running") turn.update({ state: status.kind === "failed" ? "failed" : "ended" });
  await turn.save();
  if (status.kind === "running" || status.kind === "succeeded") {
    const { done, total } = status;
    context.onProgress({ done, total, reloadsSaved: turn.record.reloadsSaved });
  }
  return status;
}

function tryAnew({ record, change, update }: Turn): void {
  for (const { index, key, attempt } of record.items) change(index, newItem(index, key, attempt));
  update({ state: "open" });
}

/** The files of all items, in their order. What is gone from the store is made again: TransientError `not-generated`. */
export async function collectGeneration(
  remoteId: string,
  request: GenerationRequest,
  context: BackendContext,
  { records, finished }: Pick<GenerationDeps, "records" | "finished">,
): Promise<CollectedGenerations> {
  const record = await records.find(context.job);
  const items = record?.remoteId === remoteId ? record.items : [];
  const files: GeneratedFile[] = [];
  const refused: { index: number; code: string; message: string }[] = [];
  for (const { index } of request.items) {
    const item = items.find((each) => each.index === index);
    if (item?.state === "refused" && item.refusal !== null) {
      refused.push({ index, ...item.refusal });
      continue;
    }
    const made = item === undefined ? null : await finished.find(item.key);
    if (made === null) {
      if (record !== null && item !== undefined) {
        const open = items.map((each) => (each === item ? newItem(index, item.key, item.attempt) : each));
        await records.write(context.job, { ...record, state: "open", items: open });
      }
      throw new TransientError(`Item ${index} is not there (any more): poll again`, {
        code: "not-generated",
        details: { index },
      });
    }
    files.push(
      ...made.map(({ frames, fps, pipeline, graph, ...file }) => ({
        index,
        ...file,
        ...given({ frames, fps, pipeline, graph }),
      })),
    );
  }
  return { files, refused };
}

/** Without the fields that are undefined. */
function given<T extends object>(fields: T): { [K in keyof T]?: Exclude<T[K], undefined> } {
  const known = Object.entries(fields).filter(([, value]) => value !== undefined);
  return Object.fromEntries(known) as { [K in keyof T]?: Exclude<T[K], undefined> };
}
