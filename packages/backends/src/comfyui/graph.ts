/** Output `slot` of the node `id`, as an input takes it. */
export type Link = readonly [id: string, slot: number];

/** What an input holds. A literal list is wrapped, because a bare one of two elements would be read as a link. */
export type GraphInput =
  | Link
  | string
  | number
  | boolean
  | { readonly __value__: readonly (string | number | boolean)[] };

export interface GraphNode {
  readonly class_type: string;
  readonly inputs: Readonly<Record<string, GraphInput>>;
  readonly _meta: { readonly title: string };
}

/** A prompt in ComfyUI's API format: nodes by id. */
export type Graph = Readonly<Record<string, GraphNode>>;

export const isLink = (input: GraphInput): input is Link => Array.isArray(input);

export interface GraphDraft {
  /** Adds a node; the answer links to its outputs by slot. */
  add(type: string, inputs: Readonly<Record<string, GraphInput>>, title?: string): (slot: number) => Link;
  /** What was added so far. */
  graph(): Graph;
}

/** Collects nodes and numbers them in the order in which they are added, so that equal calls give equal graphs. */
export function draftGraph(): GraphDraft {
  const nodes: Record<string, GraphNode> = {};
  let count = 0;
  return {
    add(type, inputs, title = type) {
      count += 1;
      const id = String(count);
      nodes[id] = { class_type: type, inputs, _meta: { title } };
      return (slot) => [id, slot];
    },
    graph: () => ({ ...nodes }),
  };
}
