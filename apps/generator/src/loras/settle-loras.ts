import {
  type GenerationRequest,
  isDrawn,
  type JobContext,
  type LoraDocument,
  lorasOf,
  type ObjectStore,
  UserError,
} from "@loramill/contracts";
import { enhancementFor, type FallbackTable } from "./fallback-words.ts";
import type { LeftOut } from "./leave-out.ts";
import { type LoraLimits, lookAtLora } from "./look-at-lora.ts";

export interface LoraSettling {
  readonly objects: Pick<ObjectStore, "get" | "head">;
  readonly limits: LoraLimits;
  readonly words: FallbackTable;
}

export interface SettledLoras {
  readonly left: readonly LeftOut[];
  readonly loads: Readonly<Record<string, { keys: number; of: number }>>;
}

export type LoraPolicy = "fail" | "fallback";

/**
 * Looks at every LoRA of a request before anything is paid. One that cannot be loaded is left out where the policy allows
 * it, with words in its place and an event that says so; else UserError `lora-unloadable`.
 */
export async function settleLoras(
  request: GenerationRequest,
  loras: Readonly<Record<string, LoraDocument>>,
  policy: LoraPolicy,
  settling: LoraSettling,
  ctx: Pick<JobContext, "event" | "signal">,
): Promise<SettledLoras> {
  const left: LeftOut[] = [];
  const loads: Record<string, { keys: number; of: number }> = {};
  for (const [called, lora] of Object.entries(loras)) {
    const { name, weights } = lora;
    ctx.event("lora.loading", { name, sha256: weights.sha256 });
    const looked = await lookAtLora(lora, familyFor(called, request), { ...settling, signal: ctx.signal });
    if (looked.usable) {
      if (looked.loads !== undefined) loads[called] = looked.loads;
      continue;
    }
    left.push(goWithout(called, lora, looked, { policy, words: settling.words, ctx }));
  }
  return { left, loads };
}

interface Refused {
  readonly code: string;
  readonly reason: string;
  readonly tags?: readonly string[];
}

/** What stands in for a LoRA that cannot be loaded; throws where the policy wants all of them. */
export function goWithout(
  called: string,
  { name, triggerWord }: LoraDocument,
  { code, reason, tags = [] }: Refused,
  { policy, words, ctx }: { policy: LoraPolicy; words: FallbackTable; ctx: Pick<JobContext, "event"> },
): LeftOut {
  if (policy === "fail") {
    throw new UserError(
      `${reason}. Leave it out, take another, or set generate.onLoraFailure: fallback to go on with words in its place`,
      { code: "lora-unloadable", details: { lora: called, why: code } },
    );
  }
  const enhancement = enhancementFor({ name, triggerWord, tags }, words);
  ctx.event("lora.fallback", { name, code, reason, enhancement });
  return { called, lora: name, code, reason, enhancement };
}

/** Of the model that the first item draws with which uses it. */
function familyFor(called: string, { items }: GenerationRequest): string {
  const user = items.find(({ spec }) => lorasOf(spec).some(({ lora }) => lora === called))?.spec;
  return user !== undefined && isDrawn(user) ? user.model.family : "";
}
