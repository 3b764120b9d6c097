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
