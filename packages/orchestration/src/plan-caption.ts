import {
  type CaptionEnsemble,
  type CaptionProvider,
  type CaptionSpec,
  CaptionStyle,
  captionImagesJob,
  type ModelFamily,
  microUsdFromUsd,
  nearNames,
} from "@loramill/contracts";
import { type CaptionPlan, chooseCaptioners } from "./choose-captioners.ts";
import type { PlanContext } from "./plan-context.ts";
import { refuse } from "./refuse.ts";
import { asParams, type StepPlan } from "./step-plan.ts";

/** Seconds per picture and captioner until a backend can tell better: what is known, and a vision model's answer. */
const SECONDS_PER_IMAGE: Readonly<Record<CaptionProvider, number>> = {
  simple: 0.002,
  sidecar: 0.002,
  metadata: 0.002,
  describe: 0.005,
  openai: 2,
  ollama: 4,
  huggingface: 2,
  replicate: 5,
  transformers: 4,
  "wd-tagger": 1,
  interrogator: 5,
};
const PLACEHOLDERS = ["subject", "class", "trigger", "folder", "file"];
/** What text encoders of a family read at most; longer captions are cut by the trainer, wherever that is. */
const CLIP_ONLY: readonly ModelFamily[] = ["sd15", "sdxl"];
const CLIP_TOKENS = 75;

export function planCaption(spec: CaptionSpec, context: PlanContext, family?: ModelFamily): StepPlan {
  checkTemplate(spec.template);
  checkReplacements(spec);
  const { provider, providers, combine, budgetUsdPerImage, ...given } = spec;
  const chosen = chooseCaptioners({ provider, providers, combine }, context);
  const style = CaptionStyle.parse({ ...given, triggerWord: cleanTriggerWord(spec) ?? undefined });
  const items = context.sources.items;
  const { seconds, microUsd } = estimate(chosen, items ?? 0, budgetUsdPerImage);
  return {
    step: {
      name: "caption",
      kind: "caption",
      job: captionImagesJob.name,
      jobVersion: captionImagesJob.version,
      needs: ["dataset"],
      fanOut: { type: "parts", of: "dataset" },
      params: asParams({
        style,
        provider: chosen.captioners[0]?.id,
        ...(chosen.ensemble === undefined ? {} : { ensemble: chosen.ensemble satisfies CaptionEnsemble }),
        ...tokenCounterOf(spec, context),
        ...(budgetUsdPerImage === undefined ? {} : { microUsdPerImage: microUsdFromUsd(budgetUsdPerImage) }),
      }),
      external: null,
      estimate: { items, seconds, microUsd },
    },
    notes: [...chosen.notes, ...lengthNotes(spec, family)],
  };
}

/** Whose count decides where a caption is cut is part of the plan: another tokenizer gives other captions. */
function tokenCounterOf(
  { maxTokens, tokenizer = "clip" }: CaptionSpec,
  context: PlanContext,
): { tokenCounter?: string } {
  const counter = context.captionTools?.tokenCounters?.[tokenizer];
  if (maxTokens === undefined || counter === undefined) return {};
  if (counter.available) return { tokenCounter: counter.id };
  return refuse({
    code: "tokenizer-unavailable",
    field: "caption.maxTokens",
    problem: `the tokenizer that is configured cannot be used: ${counter.message}`,
    given: maxTokens,
    likely: "correct the setting, or leave it out to have tokens estimated",
  });
}

/** The word that a LoRA is trained on, without surrounding space; null when there is none. */
export function cleanTriggerWord(spec: Pick<CaptionSpec, "triggerWord"> | undefined): string | null {
  return spec?.triggerWord?.trim() || null;
}

/** A chain asks one captioner, everything else asks all of them; a budget is a limit to what that costs. */
function estimate({ captioners, ensemble }: CaptionPlan, items: number, budgetUsd: number | undefined) {
  const asked = ensemble === undefined || ensemble.combine === "first" ? captioners.slice(0, 1) : captioners;
  const seconds = asked.reduce((sum, { provider }) => sum + SECONDS_PER_IMAGE[provider], 0);
  const expected = asked.reduce((sum, { estimateMicroUsd = 0 }) => sum + estimateMicroUsd, 0);
  const each = budgetUsd === undefined ? expected : Math.min(expected, microUsdFromUsd(budgetUsd));
  return { seconds: items * seconds, microUsd: Math.ceil(items * each) };
}

function lengthNotes(spec: CaptionSpec, family: ModelFamily | undefined): string[] {
  if (family === undefined || !CLIP_ONLY.includes(family) || spec.maxTokens !== undefined || spec.maxWords <= 50) {
    return [];
  }
  return [
    `caption.maxTokens: ${family} reads ${CLIP_TOKENS} tokens at a time and captions may have ${spec.maxWords} words; set maxTokens to ${CLIP_TOKENS} to have longer ones cut at a word`,
  ];
}

/** What is taken out or replaced must not be what every caption has to have. */
function checkReplacements(spec: CaptionSpec): void {
  const trigger = cleanTriggerWord(spec)?.toLowerCase();
  for (const [index, phrase] of (spec.exclude ?? []).entries()) {
    const word = phrase.trim().toLowerCase();
    const field = `caption.exclude.${index}`;
    if (word === "") refuse({ code: "empty-phrase", field, problem: "the phrase is empty" });
    if (word === trigger) {
      refuse({
        code: "conflicting-phrases",
        field,
        problem: "it is the trigger word, which every caption begins with",
        given: phrase,
      });
    }
    if ((spec.include ?? []).some((one) => one.trim().toLowerCase() === word)) {
      refuse({ code: "conflicting-phrases", field, problem: "it is also in caption.include", given: phrase });
    }
  }
}

function checkTemplate(template: string): void {
  for (const [, name = ""] of template.matchAll(/\{([^{}]*)\}/g)) {
    if (PLACEHOLDERS.includes(name)) continue;
    const [near] = nearNames(name, PLACEHOLDERS);
    refuse({
      code: "unknown-placeholder",
      field: "caption.template",
      problem: `{${name}} means nothing`,
      given: template,
      allowed: PLACEHOLDERS.map((known) => `{${known}}`).join(", "),
      ...(near === undefined ? {} : { likely: `did you mean {${near}}?` }),
    });
  }
}
