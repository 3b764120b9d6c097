/**
 * PEFT keeps alpha outside of the tensors. Diffusers writes what it used as JSON into the metadata of the file
 * (`lora_adapter_metadata`, keys prefixed by component); files without it are meant to be applied with factor 1.
 */
const METADATA_KEY = "lora_adapter_metadata";

/** Alpha of a module of that rank as diffusers' metadata says; null when it says nothing. */
export type PeftAlpha = (module: string, rank: number) => number | null;

export function peftAlphas(metadata: ReadonlyMap<string, string>): PeftAlpha {
  const config = parse(metadata.get(METADATA_KEY));
  if (config === null) return () => null;
  return (module, rank) => {
    const dot = module.indexOf(".");
    const component = module.slice(0, dot);
    const path = module.slice(dot + 1);
    const pattern = config[`${component}.alpha_pattern`];
    const alpha = inPattern(pattern, path) ?? config[`${component}.lora_alpha`];
    if (typeof alpha !== "number") return null;
    // Rank-stabilised LoRA divides by the root of the rank instead of by the rank.
    return config[`${component}.use_rslora`] === true ? alpha * Math.sqrt(rank) : alpha;
  };
}

function parse(text: string | undefined): Record<string, unknown> | null {
  if (text === undefined) return null;
  try {
    const value: unknown = JSON.parse(text);
    return typeof value === "object" && value !== null ? (value as Record<string, unknown>) : null;
  } catch {
    return null;
  }
}

/** PEFT's patterns are matched against the end of a path; ours are taken literally, as diffusers writes them. */
function inPattern(pattern: unknown, path: string): number | null {
  if (typeof pattern !== "object" || pattern === null) return null;
  for (const [end, alpha] of Object.entries(pattern)) {
    if (typeof alpha === "number" && (path === end || path.endsWith(`.${end}`))) return alpha;
  }
  return null;
}
