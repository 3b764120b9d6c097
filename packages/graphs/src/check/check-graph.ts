import { type Graph, type GraphInput, isLink, type Link } from "../graph.ts";
import { describeMissing } from "../nodes/missing-nodes.ts";
import type { InputSpec, NodeClasses, NodeInput } from "./node-classes.ts";

export interface GraphIssue {
  readonly node: string;
  readonly type: string;
  /** Null where the whole node is meant. */
  readonly input: string | null;
  readonly problem:
    | "missing-class"
    | "missing-input"
    | "unknown-input"
    | "wrong-type"
    | "out-of-range"
    | "not-in-list"
    | "broken-link"
    | "cycle"
    | "no-output";
  /** What is wrong and what to do about it. */
  readonly message: string;
}

/** Lists of files that hold nothing but these are empty: the server adds them to every list. */
const PLACEHOLDERS = ["[None]", "pixel_space", "none"];

/**
 * Checks a graph against what a server says of its nodes, more strictly than the server does: it ignores inputs it does
 * not know, coerces literals, does not look at dynamic choices, and drops outputs that are invalid while others run.
 * `filesUnknown` takes any name where a list is empty, for descriptions that were saved without the server's files.
 */
export function checkGraph(
  graph: Graph,
  classes: NodeClasses,
  options: { readonly filesUnknown?: boolean } = {},
): GraphIssue[] {
  const issues: GraphIssue[] = [];
  for (const [node, { class_type: type, inputs }] of Object.entries(graph)) {
    const report = (input: string | null, found: Problem | null) => {
      if (found !== null) issues.push({ node, type, input, problem: found[0], message: found[1] });
    };
    const known = classes.get(type);
    if (known === undefined) {
      report(null, ["missing-class", describeMissing(type).message]);
      continue;
    }
    const expected = inputsOf(known.inputs, inputs);
    for (const [name, { isRequired }] of expected) {
      const isMissing = isRequired && inputs[name] === undefined;
      report(name, isMissing ? ["missing-input", `${type}.${name} is not given`] : null);
    }
    for (const [name, value] of Object.entries(inputs)) {
      const spec = expected.get(name)?.spec;
      const at = `${type}.${name}`;
      if (spec === undefined) report(name, ["unknown-input", `${type} has no input ${name} on this server`]);
      else if (isLink(value)) report(name, checkLink(value, spec, { graph, classes, at }));
      else report(name, checkLiteral(value, spec, { ...options, at }));
    }
  }
  const cycle = findCycle(graph);
  if (cycle !== null) {
    const type = graph[cycle]?.class_type ?? "";
    issues.push({
      node: cycle,
      type,
      input: null,
      problem: "cycle",
      message: `node ${cycle} (${type}) leads to itself`,
    });
  }
  if (!Object.values(graph).some(({ class_type: type }) => classes.get(type)?.isOutput)) {
    issues.push({
      node: "",
      type: "",
      input: null,
      problem: "no-output",
      message: "no node of the graph saves anything",
    });
  }
  return issues;
}

/** A class's inputs, with those that the chosen options bring, and those that options of these bring. */
function inputsOf(
  inputs: ReadonlyMap<string, NodeInput>,
  given: Readonly<Record<string, GraphInput>>,
): ReadonlyMap<string, NodeInput> {
  const all = new Map<string, NodeInput>();
  const add = (name: string, input: NodeInput) => {
    all.set(name, input);
    const { spec } = input;
    const choice = given[name];
    if (typeof choice !== "string") return;
    if (spec.kind === "dynamic") {
      for (const [own, brought] of spec.options.get(choice) ?? []) add(`${name}.${own}`, brought);
    } else if (spec.kind === "choice") {
      for (const [beside, brought] of spec.brings.get(choice) ?? []) add(beside, brought);
    }
  };
  for (const [name, input] of inputs) add(name, input);
  return all;
}

type Problem = readonly [GraphIssue["problem"], message: string];

function checkLink(
  [id, slot]: Link,
  spec: InputSpec,
  { graph, classes, at }: { readonly graph: Graph; readonly classes: NodeClasses; readonly at: string },
): Problem | null {
  const source = graph[id];
  if (source === undefined) return ["broken-link", `${at} links to node ${id}, which is not there`];
  const outputs = classes.get(source.class_type)?.outputs;
  // A class that is missing is an issue of its own.
  if (outputs === undefined) return null;
  const type = outputs[slot];
  if (type === undefined) {
    return ["broken-link", `${at} links to output ${slot} of ${source.class_type}, which has ${outputs.length}`];
  }
  const taken = typesOf(spec);
  if (type === "*" || taken.includes("*") || taken.includes(type)) return null;
  return ["wrong-type", `${at} takes ${taken.join(" or ")}, and ${source.class_type} gives ${type}`];
}

function typesOf(spec: InputSpec): readonly string[] {
  if (spec.kind === "link") return spec.types;
  return spec.kind === "choice" || spec.kind === "dynamic" ? ["COMBO"] : [spec.kind.toUpperCase()];
}

function checkLiteral(
  value: Exclude<GraphInput, Link>,
  spec: InputSpec,
  { at, filesUnknown = false }: { readonly at: string; readonly filesUnknown?: boolean },
): Problem | null {
  const shown = JSON.stringify(value);
  switch (spec.kind) {
    case "int":
    case "float":
      // Beyond 2^53 a number of this language would be sent as another one.
      if (typeof value !== "number" || (spec.kind === "int" ? !Number.isSafeInteger(value) : !Number.isFinite(value))) {
        return ["wrong-type", `${at} takes ${spec.kind === "int" ? "an integer" : "a number"}, not ${shown}`];
      }
      if (value >= spec.min && value <= spec.max) return null;
      return ["out-of-range", `${at} takes ${spec.min} to ${spec.max}, not ${shown}`];
    case "string":
    case "boolean":
      return typeof value === spec.kind ? null : ["wrong-type", `${at} takes a ${spec.kind}, not ${shown}`];
    case "choice": {
      const isEmpty = spec.options.every((option) => PLACEHOLDERS.includes(String(option)));
      if (isEmpty && filesUnknown) return null;
      const chosen = typeof value === "object" ? value.__value__ : [value];
      if (chosen.every((one) => spec.options.includes(one))) return null;
      const have = isEmpty ? "the server has none" : `the server has ${listed(spec.options)}`;
      return ["not-in-list", `${at} cannot be ${shown}: ${have}`];
    }
    case "dynamic":
      if (typeof value === "string" && spec.options.has(value)) return null;
      return ["not-in-list", `${at} cannot be ${shown}: the server has ${listed([...spec.options.keys()])}`];
    case "link":
      return ["wrong-type", `${at} takes the output of another node (${spec.types.join(" or ")}), not ${shown}`];
  }
}

const SHOWN = 8;

/** The first few of a list, and how many there are besides. */
export function listed(options: readonly (string | number | boolean)[]): string {
  const shown = options.slice(0, SHOWN).join(", ");
  return options.length > SHOWN ? `${shown} and ${options.length - SHOWN} more` : shown;
}

/** A node that can be reached from itself, or null. */
function findCycle(graph: Graph): string | null {
  const done = new Set<string>();
  const open = new Set<string>();
  const visit = (id: string): string | null => {
    if (open.has(id)) return id;
    if (done.has(id)) return null;
    open.add(id);
    for (const input of Object.values(graph[id]?.inputs ?? {})) {
      const found = isLink(input) ? visit(input[0]) : null;
      if (found !== null) return found;
    }
    open.delete(id);
    done.add(id);
    return null;
  };
  for (const id of Object.keys(graph)) {
    const found = visit(id);
    if (found !== null) return found;
  }
  return null;
}
