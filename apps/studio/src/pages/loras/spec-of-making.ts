import type { LoraInput, RunSpecInput } from "@loramill/contracts";

export const operations = ["merge", "resize", "convert", "prune"] as const;
export type Operation = (typeof operations)[number];

export const mergeMethods = [
  "concat",
  "svd",
  "lerp",
  "slerp",
  "magnitude",
  "ties",
  "dare",
  "kohya-sum",
  "kohya-concat",
  "kohya-svd",
  "peft-linear",
] as const;
export type MergeMethod = (typeof mergeMethods)[number];

export const rankRules = ["fixed", "ratio", "cumulative", "frobenius"] as const;
export type RankRule = (typeof rankRules)[number];

/** What a person says of a LoRA that is to be made of others; numbers as they are typed. */
export interface MakingForm {
  readonly operation: Operation;
  readonly name: string;
  readonly from: readonly { readonly lora: string; readonly weight: string }[];
  readonly method: MergeMethod;
  readonly rank: string;
  readonly density: string;
  /** Between two LoRAs, 0 to 1. */
  readonly between: string;
  readonly rule: RankRule;
  readonly ratio: string;
  /** Share that is kept, 0 to 1. */
  readonly share: string;
  readonly maxRank: string;
  readonly dialect: "kohya" | "diffusers" | "comfyui" | "bfl";
  readonly leaveOut: boolean;
  readonly minNorm: string;
  /** Empty: as wide as what comes in. */
  readonly dtype: "" | "F32" | "F16" | "BF16";
}

export const isRanked = (method: MergeMethod): boolean =>
  ["svd", "magnitude", "ties", "dare", "kohya-svd"].includes(method);
export const isSparse = (method: MergeMethod): boolean => ["magnitude", "ties", "dare"].includes(method);
export const isBetween = (method: MergeMethod): boolean => method === "lerp" || method === "slerp";

type LoraSpecInput = NonNullable<RunSpecInput["lora"]>;

/** The spec of a run that makes it: what `loramill lora merge`, `resize`, `convert` and `prune` send. */
export function specOfMaking(form: MakingForm, project?: string): RunSpecInput {
  const name = form.name.trim() || `${form.operation}-${nameOf(form.from[0]?.lora ?? "")}`;
  const isMerge = form.operation === "merge";
  const from = (isMerge ? form.from : form.from.slice(0, 1)).filter(({ lora }) => lora !== "");
  return {
    name,
    ...(project === undefined ? {} : { project }),
    lora: {
      name,
      from: from.map(({ lora, weight }): Partial<LoraInput> & Pick<LoraInput, "lora"> => ({
        lora,
        ...(isMerge && weight !== "" && Number(weight) !== 1 ? { weight: Number(weight) } : {}),
      })),
      operation: operationOf(form),
    },
  };
}

function operationOf(form: MakingForm): LoraSpecInput["operation"] {
  const dtype = form.dtype === "" ? {} : { dtype: form.dtype };
  switch (form.operation) {
    case "merge":
      return { kind: "merge", method: methodOf(form), ...dtype };
    case "resize":
      return { kind: "resize", rule: ruleOf(form), ...dtype };
    case "convert":
      return { kind: "convert", dialect: form.dialect, ...(form.leaveOut ? { leaveOut: true } : {}) };
    case "prune":
      return { kind: "prune", minNorm: Number(form.minNorm) };
  }
}

type Merge = Extract<LoraSpecInput["operation"], { kind: "merge" }>;

function methodOf({ method, rank, density, between }: MakingForm): NonNullable<Merge["method"]> {
  return {
    kind: method,
    ...(isRanked(method) ? { rank: Number(rank) } : {}),
    ...(isSparse(method) ? { density: Number(density) } : {}),
    ...(isBetween(method) ? { t: Number(between) } : {}),
  } as NonNullable<Merge["method"]>;
}

function ruleOf({
  rule,
  rank,
  ratio,
  share,
  maxRank,
}: MakingForm): Extract<LoraSpecInput["operation"], { kind: "resize" }>["rule"] {
  const most = { maxRank: Number(maxRank) };
  if (rule === "fixed") return { kind: rule, rank: Number(rank) };
  return rule === "ratio"
    ? { kind: rule, ratio: Number(ratio), ...most }
    : { kind: rule, share: Number(share), ...most };
}

/** A name that specs take, of whatever a LoRA was named by. */
const nameOf = (lora: string): string =>
  lora
    .split("@")[0]
    ?.replace(/[^\p{L}\p{N} ._-]+/gu, "-")
    .slice(0, 80) || "lora";
