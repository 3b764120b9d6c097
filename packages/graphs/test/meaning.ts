import type { NodeClasses, NodeInput } from "../src/check/node-classes.ts";

type Plain = Readonly<
  Record<string, { readonly class_type: string; readonly inputs: Readonly<Record<string, unknown>> }>
>;

/**
 * What the nodes that save anything compute, with every link followed, and how many nodes of each class there are: equal
 * for graphs that differ in nothing but their ids. Optional inputs at their default mean the same as none, and how files
 * are called is the caller's matter.
 */
export function meaningOf(graph: Plain, classes: NodeClasses): { saved: unknown[]; classes: Record<string, number> } {
  const follow = (id: string): unknown => {
    const { class_type: type, inputs } = graph[id] ?? { class_type: "?", inputs: {} };
    const known = classes.get(type)?.inputs;
    const values = Object.entries(inputs)
      .filter(([name]) => name !== "filename_prefix")
      .filter(([name, value]) => value !== usualOf(known?.get(name)))
      .sort(([a], [b]) => (a < b ? -1 : 1))
      .map(([name, value]) => [
        name,
        Array.isArray(value) ? { from: follow(String(value[0])), slot: value[1] } : value,
      ]);
    return { type, inputs: Object.fromEntries(values) };
  };
  const counted: Record<string, number> = {};
  for (const { class_type: type } of Object.values(graph)) counted[type] = (counted[type] ?? 0) + 1;
  const outputs = Object.keys(graph).filter((id) => classes.get(graph[id]?.class_type ?? "")?.isOutput);
  const saved = outputs.map(follow);
  return { saved: saved.sort((a, b) => (JSON.stringify(a) < JSON.stringify(b) ? -1 : 1)), classes: sorted(counted) };
}

/** What a node takes for an optional input that is not given; of a list without a default the first. */
function usualOf(input: NodeInput | undefined): unknown {
  if (input === undefined || input.isRequired) return undefined;
  return input.default ?? (input.spec.kind === "choice" ? input.spec.options[0] : undefined);
}

const sorted = (counted: Record<string, number>): Record<string, number> =>
  Object.fromEntries(Object.entries(counted).sort(([a], [b]) => (a < b ? -1 : 1)));
