import type { CaptionEnsemble, CaptionProvider, CaptionSpec } from "@loramill/contracts";
import type { CaptionerChoice, PlanContext } from "./plan-context.ts";
import { refuse } from "./refuse.ts";

/** Which captioners a step asks, in order, and what it makes of several answers. */
export interface CaptionPlan {
  readonly captioners: readonly CaptionerChoice[];
  readonly ensemble?: CaptionEnsemble;
  readonly notes: readonly string[];
}

/** What `auto` tries, in this order; `interrogator` takes its time, `simple` says the same of every picture: on request only. */
const AUTO_ORDER = ["openai", "ollama", "huggingface", "replicate", "transformers", "wd-tagger", "describe"] as const;

const MISSING: Readonly<Record<CaptionProvider, string>> = {
  openai: "set LLAVA_API_URL to a vision endpoint",
  ollama: "set OLLAMA_URL to an Ollama server",
  huggingface: "set HUGGINGFACE_TOKEN",
  replicate: "set REPLICATE_API_TOKEN",
  transformers: "set TRANSFORMERS_MODEL to the name of a captioning model",
  "wd-tagger": "set WD_TAGGER_MODEL to the model.onnx of a WD tagger",
  interrogator: "set CLIP_MODEL to the folder of a CLIP model",
  describe: "it is not part of this installation",
  simple: "it is not part of this installation",
  metadata: "it is not part of this installation",
  sidecar: "it is not part of this installation",
};

/** UserError for captioners that are not there, and for ways of combining that have nothing to work with. */
export function chooseCaptioners(
  spec: Pick<CaptionSpec, "provider" | "providers" | "combine">,
  context: Pick<PlanContext, "captioners" | "captionTools">,
): CaptionPlan {
  if (spec.providers === undefined) {
    if (spec.combine !== undefined && spec.combine !== "first") {
      refuse({
        code: "nothing-to-combine",
        field: "caption.combine",
        problem: "one captioner gives one answer",
        given: spec.combine,
        likely: "name several in caption.providers",
      });
    }
    return chooseOne(spec.provider, context.captioners);
  }
  return chooseSeveral(spec.providers, spec.combine ?? "first", spec.provider, context);
}

function chooseOne(provider: CaptionSpec["provider"], captioners: readonly CaptionerChoice[]): CaptionPlan {
  const passed: string[] = [];
  for (const wanted of provider === "auto" ? AUTO_ORDER : [provider]) {
    const captioner = captioners.find((choice) => choice.provider === wanted);
    if (captioner?.available) {
      const why = [captioner.message, ...passed].join("; ");
      const notes = provider === "auto" ? [`caption.provider: ${captioner.id} (${why})`] : [];
      return { captioners: [captioner], notes };
    }
    // What nobody has configured is worth a word only where it was asked for, or where it was the first choice.
    if (captioner === undefined && provider === "auto" && wanted !== AUTO_ORDER[0]) continue;
    passed.push(absent(wanted, captioner));
  }
  return refuse({
    code: provider === "auto" ? "no-captioner" : "captioner-unavailable",
    field: "caption.provider",
    problem: passed.join("; "),
    given: provider,
    likely: provider === "auto" ? "choose simple, which needs nothing" : "choose auto to take what is configured",
  });
}

function chooseSeveral(
  providers: readonly CaptionProvider[],
  combine: CaptionEnsemble["combine"],
  provider: CaptionSpec["provider"],
  { captioners, captionTools }: Pick<PlanContext, "captioners" | "captionTools">,
): CaptionPlan {
  const field = "caption.providers";
  if (provider !== "auto") {
    refuse({
      code: "conflicting-providers",
      field,
      problem: "caption.provider names another captioner",
      given: provider,
      likely: "put it first in caption.providers and leave caption.provider out",
    });
  }
  const twice = providers.find((one, index) => providers.indexOf(one) !== index);
  if (twice !== undefined) refuse({ code: "named-twice", field, problem: `${twice} is named twice`, given: twice });
  const chosen: CaptionerChoice[] = [];
  const passed: string[] = [];
  for (const wanted of providers) {
    const captioner = captioners.find((choice) => choice.provider === wanted);
    if (captioner?.available) chosen.push(captioner);
    else passed.push(absent(wanted, captioner));
  }
  // A chain is there to go on without one of its captioners; a vote or a fusion without one is another vote.
  if (chosen.length === 0 || (combine !== "first" && passed.length > 0)) {
    refuse({
      code: "captioner-unavailable",
      field,
      problem: passed.join("; "),
      given: [...providers],
      likely: combine === "first" ? "add describe at the end, which needs nothing" : "leave it out",
    });
  }
  const tools = toolsOf(combine, chosen.length, captionTools);
  return {
    captioners: chosen,
    ensemble: { providers: chosen.map(({ id }) => id), combine, ...tools },
    notes: passed.map((why) => `${field}: ${why}; the others are asked`),
  };
}

/** What `fuse` and `best` need beside captioners, refused here when it is missing, before anything was paid. */
function toolsOf(
  combine: CaptionEnsemble["combine"],
  count: number,
  tools: PlanContext["captionTools"],
): Pick<CaptionEnsemble, "fuser" | "embedder"> {
  const field = "caption.combine";
  if (combine !== "first" && count < 2) {
    refuse({
      code: "nothing-to-combine",
      field,
      problem: "one captioner gives one answer",
      given: combine,
      likely: "name several in caption.providers",
    });
  }
  if (combine === "fuse") {
    const fuser = tools?.fuser;
    if (fuser?.available) return { fuser: fuser.id };
    refuse({
      code: "fuser-unavailable",
      field,
      problem: `fuse needs a text model: ${fuser?.message ?? "set CAPTION_FUSE_URL to an OpenAI-compatible endpoint"}`,
      given: combine,
      likely: "choose longest or vote, which need none",
    });
  }
  if (combine === "best") {
    const embedder = tools?.embedder;
    if (embedder?.available) return { embedder: embedder.id };
    refuse({
      code: "embedder-unavailable",
      field,
      problem: `best needs a model that compares pictures with texts: ${embedder?.message ?? "set CLIP_MODEL to the folder of one"}`,
      given: combine,
      likely: "choose longest, vote or fuse",
    });
  }
  return {};
}

const absent = (wanted: CaptionProvider, captioner: CaptionerChoice | undefined): string =>
  `${wanted} is not available: ${captioner?.message ?? MISSING[wanted]}`;
