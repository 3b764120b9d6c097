import type { Graph, GraphInput, Link } from "./graph.ts";
import { type NodeName, type SignatureOf, signatureOf } from "./nodes/nodes.ts";
import type { InputsOf, OutputsOf } from "./nodes/signature.ts";

/** A model file that a graph loads. */
export interface NeededModel {
  /** Of the server's models, such as `checkpoints`. */
  readonly folder: string;
  readonly name: string;
  /** Where the name stands, as `Class.input`. */
  readonly input: string;
}

export interface GraphDraft {
  /** Adds a node; the answer holds its outputs by slot, each of which fits into inputs of its type alone. */
  add<N extends NodeName>(type: N, inputs: InputsOf<SignatureOf<N>>): OutputsOf<SignatureOf<N>>;
  /** Id of the node that was added last. */
  lastId(): string;
  /** What was added so far. */
  graph(): Graph;
  /** The model files that its nodes load, each once. */
  models(): NeededModel[];
}

/** Collects nodes and numbers them in the order in which they are added, so that equal calls give equal graphs. */
export function draftGraph(): GraphDraft {
  const nodes: Record<string, Graph[string]> = {};
  const models = new Map<string, NeededModel>();
  let count = 0;
  const add = (type: NodeName, given: Readonly<Record<string, GraphInput | undefined>>): Link[] => {
    const [types, outputs] = signatureOf(type);
    const inputs: Record<string, GraphInput> = {};
    for (const [name, value] of Object.entries(given)) {
      if (value === undefined) continue;
      inputs[name] = value;
      const folder = /^@(.+?)\??$/.exec(types[name] ?? "")?.[1];
      if (folder === undefined || folder === "input") continue;
      models.set(`${folder}/${String(value)}`, { folder, name: String(value), input: `${type}.${name}` });
    }
    count += 1;
    const id = String(count);
    nodes[id] = { class_type: type, inputs, _meta: { title: type } };
    return outputs.map((_type, slot): Link => [id, slot]);
  };
  return {
    // The table of signatures is what makes the outputs of a class what their types say.
    add: add as unknown as GraphDraft["add"],
    lastId: () => String(count),
    graph: () => ({ ...nodes }),
    models: () => [...models.values()],
  };
}
