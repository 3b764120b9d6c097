import type { Graph, GraphInput, NodeClass, NodeClasses } from "@loramill/graphs";

/** Inputs that came to the training node later, with the value that means what it did before. */
const LATER: Readonly<Record<string, Readonly<Record<string, GraphInput>>>> = {
  TrainLoraNode: {
    quantized_backward: false,
    bypass_mode: false,
    bucket_mode: false,
    checkpoint_depth: 1,
    offloading: false,
  },
};

/**
 * The same graph for the server at hand: an older one is not sent inputs it does not know, as long as they change
 * nothing, and a newer one gets the defaults it names for inputs that did not exist when this was written.
 */
export function fitGraph(graph: Graph, classes: NodeClasses): Graph {
  const fitted = Object.entries(graph).map(([id, node]) => {
    const known = classes.get(node.class_type);
    return [id, known === undefined ? node : { ...node, inputs: fitInputs(node.class_type, node.inputs, known) }];
  });
  return Object.fromEntries(fitted);
}

function fitInputs(
  type: string,
  given: Readonly<Record<string, GraphInput>>,
  { inputs }: NodeClass,
): Record<string, GraphInput> {
  const later = LATER[type] ?? {};
  const kept = Object.entries(given).filter(([name, value]) => inputs.has(name) || later[name] !== value);
  const added = [...inputs].flatMap(([name, input]): [string, GraphInput][] =>
    input.isRequired && given[name] === undefined && input.default !== undefined ? [[name, input.default]] : [],
  );
  return Object.fromEntries([...kept, ...added]);
}
