import { type LoraUse, UserError } from "@loramill/contracts";
import type { Family } from "../families/family.ts";
import type { Output } from "../nodes/signature.ts";
import type { Assembly, Clip, Hooks, LoraFiles, Model } from "./assembly.ts";

/** Which model of a base a chain of LoRAs is for; `single` takes whatever file there is. */
export type Side = "high" | "low" | "single";

/** Puts LoRAs on a model and its text encoder, one after the other; those for another expert are passed by. */
export function addLoras(
  assembly: Assembly,
  base: { readonly model: Model; readonly clip: Clip },
  loras: readonly LoraUse[],
  { side, parts }: { readonly side: Side; readonly parts: Family["loraParts"] },
): { readonly model: Model; readonly clip: Clip } {
  let { model, clip } = base;
  for (const use of loras) {
    const lora_name = fileFor(use, filesOf(assembly, use), side);
    if (lora_name === null) continue;
    const strength = use.textStrength ?? use.strength;
    // Without strength on the text encoder it need not be patched, and other prompts can share its answers.
    if (parts === "model" || (strength === 0 && use.strength !== 0)) {
      [model] = assembly.draft.add("LoraLoaderModelOnly", { model, lora_name, strength_model: use.strength });
    } else {
      const strengths = { strength_model: use.strength, strength_clip: strength };
      [model, clip] = assembly.draft.add("LoraLoader", { model, clip, lora_name, ...strengths });
    }
  }
  return { model, clip };
}

/** UserError `impossible-request` for a LoRA that none of the models takes: it would be dropped without a word. */
export function checkPlaces(
  assembly: Assembly,
  loras: readonly LoraUse[],
  models: readonly { readonly side: Side }[],
): void {
  for (const [index, use] of loras.entries()) {
    const files = filesOf(assembly, use);
    if (models.some(({ side }) => fileFor(use, files, side) !== null)) continue;
    const sides = models.map(({ side }) => side).join(" or ");
    throw new UserError(`The LoRA ${use.lora} has no file for ${use.noise ?? sides} noise, which is drawn here`, {
      code: "impossible-request",
      details: { field: `loras.${index}`, lora: use.lora },
    });
  }
}

/** LoRAs as hooks of a text: they apply where and when its conditioning does. Null for none. */
export function hooksOf(assembly: Assembly, loras: readonly LoraUse[], before: Hooks | null = null): Hooks | null {
  let hooks = before;
  for (const use of loras) {
    const own = hookOf(assembly, use);
    hooks = hooks === null ? own : assembly.draft.add("CombineHooks2", { hooks_A: hooks, hooks_B: own })[0];
  }
  return hooks;
}

function hookOf(assembly: Assembly, use: LoraUse): Hooks {
  const { draft } = assembly;
  const lora_name = fileFor(use, filesOf(assembly, use), "single") as string;
  const text = use.textStrength ?? use.strength;
  if (use.schedule === undefined) {
    return draft.add("CreateHookLora", { lora_name, strength_model: use.strength, strength_clip: text })[0];
  }
  // Keyframes multiply: the hook has strength 1, and what they say is the strength itself.
  const share = use.strength === 0 ? 1 : text / use.strength;
  const [hooks] = draft.add("CreateHookLora", { lora_name, strength_model: 1, strength_clip: share });
  const [first] = use.schedule;
  const frames =
    first !== undefined && first.at > 0 ? [{ at: 0, strength: use.strength }, ...use.schedule] : use.schedule;
  const keyframe = frames.reduce<ReturnType<typeof addKeyframe> | undefined>(
    (before, frame) => addKeyframe(assembly, frame, before),
    undefined,
  );
  return draft.add("SetHookKeyframes", { hooks, hook_kf: keyframe })[0];
}

function addKeyframe(
  { draft }: Assembly,
  { at, strength }: { readonly at: number; readonly strength: number },
  before: Output<"HOOK_KEYFRAMES"> | undefined,
) {
  return draft.add("CreateHookKeyframe", { strength_mult: strength, start_percent: at, prev_hook_kf: before })[0];
}

function filesOf({ names }: Assembly, { lora }: LoraUse): LoraFiles {
  const files = names.loras[lora];
  if (files !== undefined && Object.values(files).some((file) => file !== undefined)) return files;
  throw new UserError(`The LoRA ${lora} is not on the server: place it there and give its file's name`, {
    code: "impossible-request",
    details: { lora },
  });
}

/** The file of a LoRA for one model; null where it is not meant for it. */
function fileFor({ noise = "both" }: LoraUse, { both, high, low }: LoraFiles, side: Side): string | null {
  if (side === "single") return both ?? (noise === "low" ? (low ?? high) : (high ?? low)) ?? null;
  if (noise !== "both" && noise !== side) return null;
  return (side === "high" ? high : low) ?? both ?? null;
}
