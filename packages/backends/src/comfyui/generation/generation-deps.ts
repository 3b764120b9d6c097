import type { BackendContext, ClipTools, Clock, GenerationRequest, Stores } from "@loramill/contracts";
import type { Records } from "../../job-records.ts";
import type { ComfyUiClient } from "../client.ts";
import type { ComfyUiOptions } from "../comfyui-config.ts";
import type { FinishedItems } from "./finished-items.ts";
import { type GenerationRecord, type ItemRecord, promptOf } from "./generation-record.ts";
import type { LoadedModels } from "./loaded-models.ts";
import type { LoraPlacer } from "./place-loras.ts";
import type { PlannedItem } from "./plan-item.ts";
import type { PromptWatches } from "./prompt-watches.ts";
import type { ServerKnowledge } from "./server-knowledge.ts";

export type ComfyUiGenerationOptions = Pick<
  ComfyUiOptions,
  "servers" | "timeoutMs" | "maxJobs" | "pollMs" | "previewMs" | "usdPerHour" | "generationTimeoutSeconds"
>;

/** What the turns of all jobs share. */
export interface GenerationDeps {
  readonly options: ComfyUiGenerationOptions;
  readonly stores: Stores;
  readonly clock: Clock;
  readonly tools: ClipTools;
  readonly clients: readonly ComfyUiClient[];
  readonly records: Records<GenerationRecord>;
  readonly knowledge: ServerKnowledge;
  readonly loaded: LoadedModels;
  readonly placer: LoraPlacer;
  readonly finished: FinishedItems;
  readonly watches: PromptWatches;
}

/** One turn of one job: its record, which only `save` makes known, and what its items need. */
export interface Turn extends GenerationDeps {
  readonly request: GenerationRequest;
  readonly context: BackendContext;
  readonly record: GenerationRecord;
  readonly planned: ReadonlyMap<number, PlannedItem>;
  change(index: number, change: Partial<ItemRecord>): ItemRecord;
  update(change: Partial<GenerationRecord>): void;
  save(): Promise<void>;
}

export function openTurn(
  record: GenerationRecord,
  request: GenerationRequest,
  { planned, context }: { readonly planned: Turn["planned"]; readonly context: BackendContext },
  deps: GenerationDeps,
): Turn {
  let now = record;
  return {
    ...deps,
    request,
    context,
    planned,
    get record() {
      return now;
    },
    change(index, change) {
      const items = now.items.map((item) => (item.index === index ? { ...item, ...change } : item));
      now = { ...now, items };
      const changed = items.find((item) => item.index === index);
      if (changed === undefined) throw new TypeError(`the job has no item ${index}`);
      return changed;
    },
    update(change) {
      now = { ...now, ...change };
    },
    save: () => deps.records.write(context.job, now),
  };
}

export const promptIdFor = ({ request }: Turn, item: ItemRecord): string => promptOf(request.marker, item);

export const plannedFor = ({ planned }: Turn, { index }: ItemRecord): PlannedItem => {
  const found = planned.get(index);
  if (found === undefined) throw new TypeError(`the request has no item ${index}`);
  return found;
};
