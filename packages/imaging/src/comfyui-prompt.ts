/**
 * The prompt of a picture that ComfyUI made. Its PNG files carry the graph that drew them: `prompt`, nodes by id with
 * their inputs, a link being `[id of the node, number of its output]`; and `workflow`, the drawing of the editor.
 */

/** Longer texts are not looked at, in characters: graphs of a thousand nodes have some hundred thousand. */
const MAX_CHARACTERS = 8 * 1024 * 1024;
/** Nodes that are visited on the way from a picture to its words. */
const MAX_NODES = 2000;
const MAX_WORDS = 16_384;

interface Node {
  readonly type: string;
  readonly inputs: Readonly<Record<string, unknown>>;
}
type Graph = ReadonlyMap<string, Node>;

/** Inputs that hold words, and those that lead to the node that has them. */
const WORDS =
  /^(?:text|text_?[a-z]|clip_[lgh]|t5xxl|llama|prompt|positive|positive_prompt|value|string|string_[a-z])$/i;
const CONDITIONING =
  /^(?:(?:positive|condition|conditioning|cond)(?:_?(?:\d+|to|from|a|b|default|new))?|region\d*|guider)$/i;
/** An `embedding:` names a file. */
const EMBEDDING = /\(?\bembedding:[\w./\\-]+(?::[\d.]+)?\)?/g;

/**
 * The words that the picture was asked for: from the node that saves it back to its sampler, and from that sampler's
 * positive side to the texts. Several texts are joined by commas, each once. Empty where the graph says nothing, is no
 * graph, or was made to be hard to read; never throws.
 */
export function readComfyPrompt(prompt: string | undefined, workflow?: string): string {
  for (const graph of [readGraph(prompt), readWorkflow(workflow)]) {
    const found = graph === null ? "" : positiveOf(graph);
    if (found !== "") return found;
  }
  return "";
}

function positiveOf(graph: Graph): string {
  for (const sampler of samplersOf(graph)) {
    const words = collectWords(graph, sampler);
    if (words.length > 0) return words.join(", ").slice(0, MAX_WORDS);
  }
  return "";
}

/** Samplers, the one nearest to a saved picture first: of two passes the last, which had the final say. */
function samplersOf(graph: Graph): string[] {
  const outputs = [...graph].filter(([, { type }]) => /^(?:Save|Preview)|Save(?:Image|Video)/i.test(type));
  const queue = outputs.map(([id]) => id);
  const seen = new Set(queue);
  const found: string[] = [];
  for (let at = 0; at < queue.length && at < MAX_NODES; at++) {
    const id = queue[at] as string;
    if (isSampler(graph.get(id))) found.push(id);
    for (const next of Object.values(graph.get(id)?.inputs ?? {}).map(linkOf)) {
      if (next === null || seen.has(next)) continue;
      seen.add(next);
      queue.push(next);
    }
  }
  const rest = [...graph].filter(([id, node]) => !seen.has(id) && isSampler(node)).map(([id]) => id);
  return [...found, ...rest];
}

function isSampler(node: Node | undefined): boolean {
  if (node === undefined || !/sampler/i.test(node.type)) return false;
  return ["positive", "guider", "conditioning"].some((name) => linkOf(node.inputs[name]) !== null);
}

/** Walks from a node along what conditions it, texts in the order of the inputs. */
function collectWords(graph: Graph, start: string): string[] {
  const words: string[] = [];
  const seen = new Set<string>();
  const add = (text: string) => {
    const clean = text
      .replace(EMBEDDING, " ")
      .replace(/\s+/g, " ")
      .replace(/^[\s,]+|[\s,]+$/g, "");
    if (clean !== "" && !words.includes(clean)) words.push(clean);
  };
  // The last is looked at first.
  const stack = [start];
  while (stack.length > 0 && seen.size < MAX_NODES) {
    const id = stack.pop() as string;
    const node = graph.get(id);
    if (node === undefined || seen.has(id) || /ZeroOut/i.test(node.type)) continue;
    seen.add(id);
    const ahead: string[] = [];
    for (const [name, value] of Object.entries(node.inputs)) {
      const link = linkOf(value);
      if (link !== null) {
        if (CONDITIONING.test(name) || WORDS.test(name)) ahead.push(link);
      } else if (id !== start && typeof value === "string" && WORDS.test(name)) add(value);
    }
    stack.push(...ahead.reverse());
  }
  return words;
}

/** The id of the node that a value comes from, or null where it is no link. */
function linkOf(value: unknown): string | null {
  if (!Array.isArray(value) || value.length !== 2 || typeof value[1] !== "number") return null;
  const [id] = value as unknown[];
  return typeof id === "string" || typeof id === "number" ? String(id) : null;
}

function readGraph(text: string | undefined): Graph | null {
  const parsed = parse(text);
  if (!isRecord(parsed)) return null;
  const nodes = new Map<string, Node>();
  for (const [id, node] of Object.entries(parsed)) {
    if (!isRecord(node) || typeof node.class_type !== "string") continue;
    nodes.set(id, { type: node.class_type, inputs: isRecord(node.inputs) ? node.inputs : {} });
  }
  return nodes.size === 0 ? null : nodes;
}

/** The editor's drawing: links by number, and the values of a node without their names. */
function readWorkflow(text: string | undefined): Graph | null {
  const parsed = parse(text);
  if (!isRecord(parsed) || !Array.isArray(parsed.nodes)) return null;
  const origin = new Map<unknown, unknown>();
  for (const link of Array.isArray(parsed.links) ? (parsed.links as unknown[]) : []) {
    if (Array.isArray(link)) origin.set(link[0], link[1]);
    else if (isRecord(link)) origin.set(link.id, link.origin_id);
  }
  const nodes = new Map<string, Node>();
  for (const node of parsed.nodes as unknown[]) {
    if (!isRecord(node) || typeof node.type !== "string") continue;
    // 2: switched off, 4: passed by.
    if (node.mode === 2 || node.mode === 4) continue;
    const inputs: Record<string, unknown> = {};
    for (const input of Array.isArray(node.inputs) ? (node.inputs as unknown[]) : []) {
      if (!isRecord(input) || typeof input.name !== "string") continue;
      const from = origin.get(input.link);
      if (from !== undefined) inputs[input.name] = [from, 0];
    }
    const values = Array.isArray(node.widgets_values) ? (node.widgets_values as unknown[]) : [];
    if (/TextEncode|Primitive|String|Text/i.test(node.type)) {
      const texts = values.filter((value) => typeof value === "string");
      // A text that comes from another node stands in the widget too, as it was before.
      if (linkOf(inputs.text) === null) inputs.text = [...new Set(texts)].join(", ");
    }
    nodes.set(String(node.id), { type: node.type, inputs });
  }
  return nodes;
}

/** JSON as Python writes it: NaN and Infinity stand for numbers. */
function parse(text: string | undefined): unknown {
  if (text === undefined || text.length > MAX_CHARACTERS || !/^\s*\{/.test(text)) return null;
  for (const candidate of [text, text.replace(/([[:,]\s*)-?(?:NaN|Infinity)(?=\s*[,\]}])/g, "$1null")]) {
    try {
      return JSON.parse(candidate);
    } catch {
      // The second candidate, or none.
    }
  }
  return null;
}

function isRecord(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}
