import { digitsOf, numberOf, parseRecord, recordOf, textOf } from "../json.ts";
import { type DrawnWith, plainFileName, type Reading, type ReadLora } from "../reading.ts";
import { type Graph, type GraphNode, linkOf, readDrawing, readGraph } from "./comfyui-graph.ts";
import { collectWords, MAX_NODES } from "./comfyui-words.ts";

/**
 * What ComfyUI's graphs say: from the node that saves the picture back to its sampler, and from there along the links
 * to texts, LoRAs and the model. Several texts are joined by commas. Null where there is no graph; never throws, and
 * ends on graphs that were made to be hard to read.
 */
export function readComfyui(prompt: string | null | undefined, workflow?: string | null): Reading | null {
  const graphs = [readGraph(prompt), readDrawing(workflow)].filter((graph) => graph !== null);
  const readings = graphs.map(readOne);
  return readings.find((reading) => reading.prompt !== "") ?? readings[0] ?? null;
}

/** Both graphs in one JSON text, as videos have them in their comment. */
export function readComfyComment(text: string | undefined): Reading | null {
  const { prompt, workflow } = recordOf(parseRecord(text));
  const asText = (value: unknown) => textOf(value) ?? (value === undefined ? null : JSON.stringify(value));
  return readComfyui(asText(prompt), asText(workflow));
}

function readOne(graph: Graph): Reading {
  const samplers = samplersOf(graph);
  // Of two passes the one nearest to the saved picture, which had the final say.
  const sampler = samplers.find((id) => collectWords(graph, id, "positive").length > 0) ?? samplers[0];
  const words = (side: "positive" | "negative") =>
    sampler === undefined ? "" : collectWords(graph, sampler, side).join(", ");
  const nodes = walkBack(graph, sampler === undefined ? [...graph.keys()].slice(0, 1) : [sampler]);
  const model = modelOf(nodes);
  return {
    tool: "comfyui",
    prompt: words("positive"),
    negativePrompt: words("negative"),
    settings: settingsOf(graph, nodes),
    model: model === null ? null : { name: plainFileName(model), hash: null },
    loras: nodes.flatMap(lorasOf).reverse(),
    other: {},
  };
}

/** Samplers, the one nearest to a saved picture first. */
function samplersOf(graph: Graph): string[] {
  const outputs = [...graph].filter(([, { type }]) => /^(?:Save|Preview)|Save(?:Image|Video)/i.test(type));
  const found = walkIds(
    graph,
    outputs.map(([id]) => id),
  );
  const samplers = found.filter((id) => isSampler(graph.get(id)));
  const seen = new Set(found);
  return [...samplers, ...[...graph].filter(([id, node]) => !seen.has(id) && isSampler(node)).map(([id]) => id)];
}

function isSampler(node: GraphNode | undefined): boolean {
  if (node === undefined || !/sampler/i.test(node.type)) return false;
  return ["positive", "guider", "conditioning"].some((name) => linkOf(node.inputs[name]) !== null);
}

/** Nodes along all links, the nearest first. */
function walkIds(graph: Graph, from: readonly string[]): string[] {
  const queue = [...from];
  const seen = new Set(queue);
  for (let at = 0; at < queue.length && at < MAX_NODES; at++) {
    for (const value of Object.values(graph.get(queue[at] as string)?.inputs ?? {})) {
      const next = linkOf(value);
      if (next === null || seen.has(next)) continue;
      seen.add(next);
      queue.push(next);
    }
  }
  return queue.slice(0, MAX_NODES);
}

function walkBack(graph: Graph, from: readonly string[]): GraphNode[] {
  return walkIds(graph, from).flatMap((id) => graph.get(id) ?? []);
}

function settingsOf(graph: Graph, nodes: readonly GraphNode[]): DrawnWith {
  /** The nearest value of one of these names; one that is a number of its own node is fetched from there. */
  const find = <T>(read: (value: unknown) => T | null, names: readonly string[], among = nodes): T | null => {
    for (const { inputs } of among) {
      for (const name of names) {
        const link = linkOf(inputs[name]);
        const source = link === null ? undefined : graph.get(link)?.inputs;
        const found = read(link === null ? inputs[name] : (source?.value ?? source?.[name] ?? source?.seed));
        if (found !== null) return found;
      }
    }
    return null;
  };
  const cfg = find(numberOf, ["cfg"]);
  const guidance = find(numberOf, ["guidance"]);
  const latents = nodes.filter(({ type }) => /latent/i.test(type));
  const size = (name: string) => find(numberOf, [name], latents) ?? find(numberOf, [name]);
  return {
    seed: find(digitsOf, ["seed", "noise_seed"]),
    steps: find(numberOf, ["steps"]),
    // Models with guidance of their own (Flux) are sampled with a CFG of 1, which does nothing.
    guidance: guidance !== null && (cfg === null || cfg === 1) ? guidance : cfg,
    sampler: find(textOf, ["sampler_name"]),
    scheduler: find(textOf, ["scheduler"]),
    width: size("width"),
    height: size("height"),
    denoisingStrength: find(numberOf, ["denoise"]),
    clipSkip: null,
  };
}

function modelOf(nodes: readonly GraphNode[]): string | null {
  for (const { inputs } of nodes) {
    const name = textOf(inputs.ckpt_name) ?? textOf(inputs.unet_name);
    if (name !== null) return name;
  }
  return null;
}

/** The LoRAs that a node loads: one, a numbered list of names and weights, or a list of records. */
function lorasOf({ type, inputs }: GraphNode): ReadLora[] {
  const found: ReadLora[] = [];
  for (const [key, value] of Object.entries(inputs).reverse()) {
    const [isName, number] = /^lora(?:_name)?(?:_(\d{1,3}))?$/.exec(key) ?? [];
    if (isName === undefined || (key === "lora" && !/lora/i.test(type))) continue;
    const entry = recordOf(value);
    const name = textOf(value) ?? textOf(entry.lora);
    if (name === null || name === "None" || entry.on === false) continue;
    const suffix = number === undefined ? "" : `_${number}`;
    const weights = ["strength_model", "strength", "model_weight", "model_str", "lora_wt", "weight"];
    const given = [entry.strength, ...weights.map((weight) => inputs[`${weight}${suffix}`])];
    const weight = given.map(numberOf).find((one) => one !== null) ?? null;
    found.push({ name: plainFileName(name), weight, hash: null });
  }
  return found;
}
