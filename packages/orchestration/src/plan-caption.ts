import { type CaptionSpec, CaptionStyle, captionImagesJob } from "@loramill/contracts";
import type { CaptionerChoice, PlanContext } from "./plan-context.ts";
import { nearestName, refuse } from "./refuse.ts";
import { asParams, type StepPlan } from "./step-plan.ts";

/** Seconds per picture until a backend can tell better: a sentence from facts, and a vision model's answer. */
const SECONDS_PER_IMAGE = { simple: 0.002, describe: 0.005, openai: 2 } as const;
const PLACEHOLDERS = ["subject", "class", "trigger", "folder", "file"];

export function planCaption(spec: CaptionSpec, context: PlanContext): StepPlan {
  checkTemplate(spec.template);
  const { provider, ...given } = spec;
  const { captioner, notes } = chooseCaptioner(provider, context.captioners);
  const style = CaptionStyle.parse({ ...given, triggerWord: cleanTriggerWord(spec) ?? undefined });
  const items = context.sources.items;
  return {
    step: {
      name: "caption",
      kind: "caption",
      job: captionImagesJob.name,
      jobVersion: captionImagesJob.version,
      needs: ["dataset"],
      fanOut: { type: "parts", of: "dataset" },
      params: asParams({ style, provider: captioner.id }),
      external: null,
      estimate: { items, seconds: (items ?? 0) * SECONDS_PER_IMAGE[captioner.provider], microUsd: 0 },
    },
    notes,
  };
}

/** The word that a LoRA is trained on, without surrounding space; null when there is none. */
export function cleanTriggerWord(spec: Pick<CaptionSpec, "triggerWord"> | undefined): string | null {
  return spec?.triggerWord?.trim() || null;
}

/** What `auto` tries, in this order; `simple` says the same of every picture and is taken only on request. */
const AUTO_ORDER = ["openai", "describe"] as const;

function chooseCaptioner(
  provider: CaptionSpec["provider"],
  captioners: readonly CaptionerChoice[],
): { captioner: CaptionerChoice; notes: string[] } {
  const passed: string[] = [];
  for (const wanted of provider === "auto" ? AUTO_ORDER : [provider]) {
    const captioner = captioners.find((choice) => choice.provider === wanted);
    if (captioner?.available) {
      const why = [captioner.message, ...passed].join("; ");
      return { captioner, notes: provider === "auto" ? [`caption.provider: ${captioner.id} (${why})`] : [] };
    }
    passed.push(`${wanted} is not available: ${captioner?.message ?? missing(wanted)}`);
  }
  return refuse({
    code: provider === "auto" ? "no-captioner" : "captioner-unavailable",
    field: "caption.provider",
    problem: passed.join("; "),
    given: provider,
    likely: provider === "auto" ? "choose simple, which needs nothing" : "choose auto to take what is configured",
  });
}

const missing = (provider: CaptionerChoice["provider"]): string =>
  provider === "openai" ? "set LLAVA_API_URL to a vision endpoint" : "it is not part of this installation";

function checkTemplate(template: string): void {
  for (const [, name = ""] of template.matchAll(/\{([^{}]*)\}/g)) {
    if (PLACEHOLDERS.includes(name)) continue;
    const near = nearestName(name, PLACEHOLDERS);
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
