/**
 * The graphs that ComfyUI writes into what it makes: `prompt`, nodes by id with their inputs, a link being `[id of the
 * node, number of its output]`; and `workflow`, the drawing of the editor.
 */
import { isRecord, type JsonRecord, listOf, parseRecord, recordOf } from "../json.ts";

export interface GraphNode {
  readonly type: string;
  readonly inputs: JsonRecord;
}
export type Graph = ReadonlyMap<string, GraphNode>;

/** The id of the node that a value comes from, or null where it is no link. */
export function linkOf(value: unknown): string | null {
  if (!Array.isArray(value) || value.length !== 2 || typeof value[1] !== "number") return null;
  const [id] = value as unknown[];
  return typeof id === "string" || typeof id === "number" ? String(id) : null;
}

/** The graph of `prompt`; null where the text is none. */
export function readGraph(text: string | null | undefined): Graph | null {
  const nodes = new Map<string, GraphNode>();
  for (const [id, node] of Object.entries(recordOf(parseRecord(text)))) {
    if (!isRecord(node) || typeof node.class_type !== "string") continue;
    nodes.set(id, { type: node.class_type, inputs: recordOf(node.inputs) });
  }
  return nodes.size === 0 ? null : nodes;
}

/** What the values of these nodes are called, in the order in which the editor keeps them. */
const VALUES: Readonly<Record<string, readonly string[]>> = {
  KSampler: ["seed", "control", "steps", "cfg", "sampler_name", "scheduler", "denoise"],
  KSamplerAdvanced: ["add_noise", "noise_seed", "control", "steps", "cfg", "sampler_name", "scheduler"],
  LoraLoader: ["lora_name", "strength_model", "strength_clip"],
  LoraLoaderModelOnly: ["lora_name", "strength_model"],
  CheckpointLoaderSimple: ["ckpt_name"],
  UNETLoader: ["unet_name"],
  EmptyLatentImage: ["width", "height"],
  EmptySD3LatentImage: ["width", "height"],
  RandomNoise: ["noise_seed"],
  KSamplerSelect: ["sampler_name"],
  BasicScheduler: ["scheduler", "steps", "denoise"],
  FluxGuidance: ["guidance"],
};

/** The graph of `workflow`, whose links have numbers and whose values have no names. */
export function readDrawing(text: string | null | undefined): Graph | null {
  const drawing = parseRecord(text);
  if (drawing === null || !Array.isArray(drawing.nodes)) return null;
  const origin = new Map<unknown, unknown>();
  for (const link of listOf(drawing.links)) {
    if (Array.isArray(link)) origin.set(link[0], link[1]);
    else if (isRecord(link)) origin.set(link.id, link.origin_id);
  }
  const nodes = new Map<string, GraphNode>();
  for (const node of drawing.nodes as unknown[]) {
    if (!isRecord(node) || typeof node.type !== "string") continue;
    // 2: switched off, 4: passed by.
    if (node.mode === 2 || node.mode === 4) continue;
    nodes.set(String(node.id), { type: node.type, inputs: { ...valuesOf(node), ...linksOf(node, origin) } });
  }
  return nodes.size === 0 ? null : nodes;
}

function linksOf(node: JsonRecord, origin: ReadonlyMap<unknown, unknown>): JsonRecord {
  const links: Record<string, unknown> = {};
  for (const input of listOf(node.inputs)) {
    if (!isRecord(input) || typeof input.name !== "string") continue;
    const from = origin.get(input.link);
    if (from !== undefined) links[input.name] = [from, 0];
  }
  return links;
}

/** A text that comes from another node stands in the widget too, as it was before: links go over values. */
function valuesOf(node: JsonRecord): JsonRecord {
  const type = String(node.type);
  const values = listOf(node.widgets_values);
  const names = VALUES[type];
  if (names !== undefined) return Object.fromEntries(names.map((name, index) => [name, values[index]]));
  if (!/TextEncode|Primitive|String|Text/i.test(type)) return {};
  return { text: [...new Set(values.filter((value) => typeof value === "string"))].join(", ") };
}
