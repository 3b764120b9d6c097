import { type Graph, type GraphNode, linkOf } from "./comfyui-graph.ts";

/** Nodes that are visited on the way from a picture to its words. */
export const MAX_NODES = 2000;

/** Inputs that hold words, and those that lead to the node that has them. */
const WORDS = /^(?:text|text_?[a-z]|clip_[lgh]|t5xxl|llama|prompt|value|string|string_[a-z])$/i;
const CONDITIONING = /^(?:(?:condition|conditioning|cond)(?:_?(?:\d+|to|from|a|b|default|new))?|region\d*|guider)$/i;
/** Inputs of one side alone, whether they hold words or lead to them. */
const SIDES = {
  positive: /^positive(?:_?(?:\d+|to|from|a|b|default|new|prompt))?$/i,
  negative: /^negative(?:_?(?:\d+|to|from|a|b|default|new|prompt))?$/i,
} as const;

export type Side = keyof typeof SIDES;

/** Walks from a sampler along what conditions one side of it: the texts in the order of the inputs, each once. */
export function collectWords(graph: Graph, sampler: string, side: Side): string[] {
  const words = new Set<string>();
  const seen = new Set<string>();
  // The last is looked at first.
  const stack = [sampler];
  while (stack.length > 0 && seen.size < MAX_NODES) {
    const id = stack.pop() as string;
    const node = graph.get(id);
    if (node === undefined || seen.has(id) || /ZeroOut/i.test(node.type)) continue;
    seen.add(id);
    const ahead: string[] = [];
    for (const [name, value] of Object.entries(node.inputs)) {
      if (!leadsOn(node, name, side)) continue;
      const link = linkOf(value);
      if (link !== null) ahead.push(link);
      else if (id !== sampler && typeof value === "string" && !CONDITIONING.test(name)) {
        const text = value.trim();
        if (text !== "") words.add(text);
      }
    }
    stack.push(...ahead.reverse());
  }
  return [...words];
}

function leadsOn(node: GraphNode, name: string, side: Side): boolean {
  if (SIDES[side].test(name)) return true;
  // What guides a sampler and has no side of its own is positive.
  const isOneSided = side === "negative" && /sampler|guider/i.test(node.type);
  if (isOneSided && name !== "guider") return false;
  const other = SIDES[side === "negative" ? "positive" : "negative"];
  if (other.test(name)) return false;
  const hasSide = side === "negative" && Object.keys(node.inputs).some((one) => SIDES.negative.test(one));
  return !hasSide && (CONDITIONING.test(name) || WORDS.test(name));
}
