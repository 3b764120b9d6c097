export type PromptGraph = Record<string, { class_type?: string; inputs?: Record<string, unknown> }>;
type RawInput = [unknown, Record<string, unknown>?];
export type ObjectInfo = Record<
  string,
  {
    input: { required?: Record<string, RawInput>; optional?: Record<string, RawInput> };
    output: unknown[];
    output_node: boolean;
  }
>;

interface NodeError {
  type: string;
  message: string;
  details: string;
  extra_info: Record<string, unknown>;
}
type NodeErrors = Record<string, { errors: NodeError[]; dependent_outputs: string[]; class_type: string }>;

export type Validation =
  | { readonly ok: true; readonly outputs: string[]; readonly errors: NodeErrors }
  | { readonly ok: false; readonly error: NodeError; readonly errors: NodeErrors };

/**
 * ComfyUI's own validation, with its looseness: unknown inputs are ignored, literals coerced, dynamic choices not looked
 * at, only what leads to an output is checked, and invalid outputs are dropped when another one is valid.
 */
export function validatePrompt(graph: PromptGraph, info: ObjectInfo): Validation {
  const fail = (type: string, message: string, details = "", extra: Record<string, unknown> = {}): Validation => ({
    ok: false,
    error: { type, message, details, extra_info: extra },
    errors: {},
  });
  for (const [id, { class_type: type }] of Object.entries(graph)) {
    if (type === undefined || info[type] === undefined) {
      const message = `Node '${type}' not found. The custom node may not be installed.`;
      return fail("missing_node_type", message, `Node ID '#${id}'`, { node_id: id, class_type: type ?? null });
    }
  }
  const outputs = Object.keys(graph).filter((id) => info[graph[id]?.class_type ?? ""]?.output_node);
  if (outputs.length === 0) return fail("prompt_no_outputs", "Prompt has no outputs");
  const errors: NodeErrors = {};
  const good = outputs.filter((output) => {
    const bad = upstream(graph, output).flatMap((id) => {
      const found = errorsOf(graph, id, info);
      return found.length === 0 ? [] : [{ id, found }];
    });
    for (const { id, found } of bad) {
      errors[id] ??= { errors: found, dependent_outputs: [], class_type: graph[id]?.class_type ?? "" };
      errors[id].dependent_outputs.push(output);
    }
    return bad.length === 0;
  });
  if (good.length > 0) return { ok: true, outputs: good, errors };
  const refused = fail("prompt_outputs_failed_validation", "Prompt outputs failed validation");
  return { ...refused, errors } as Validation;
}

const isLink = (value: unknown): value is [string, number] =>
  Array.isArray(value) && value.length === 2 && typeof value[0] === "string" && typeof value[1] === "number";

/** The node and all that it needs, itself last. */
export function upstream(graph: PromptGraph, id: string, seen = new Set<string>()): string[] {
  if (seen.has(id) || graph[id] === undefined) return [];
  seen.add(id);
  const needed = Object.values(graph[id].inputs ?? {}).filter(isLink);
  return [...needed.flatMap(([source]) => upstream(graph, source, seen)), id];
}

function errorsOf(graph: PromptGraph, id: string, info: ObjectInfo): NodeError[] {
  const node = graph[id];
  const known = info[node?.class_type ?? ""];
  if (node === undefined || known === undefined) return [];
  const errors: NodeError[] = [];
  const report = (type: string, message: string, input: string, details: string) =>
    errors.push({ type, message, details, extra_info: { input_name: input } });
  for (const [name, spec] of Object.entries(known.input.required ?? {})) {
    if (node.inputs?.[name] === undefined) report("required_input_missing", "Required input is missing", name, name);
    else checkInput(graph, node.inputs[name], name, spec, info, report);
  }
  for (const [name, spec] of Object.entries(known.input.optional ?? {})) {
    const value = node.inputs?.[name];
    if (value !== undefined) checkInput(graph, value, name, spec, info, report);
  }
  return errors;
}

function checkInput(
  graph: PromptGraph,
  value: unknown,
  name: string,
  [type, settings = {}]: RawInput,
  info: ObjectInfo,
  report: (type: string, message: string, input: string, details: string) => void,
): void {
  if (isLink(value)) {
    const source = graph[value[0]];
    const given = info[source?.class_type ?? ""]?.output[value[1]];
    if (given === undefined) report("exception_during_validation", "Exception when validating node", name, "KeyError");
    else if (typeof type === "string" && !accepts(type, given)) {
      report(
        "return_type_mismatch",
        "Return type mismatch between linked nodes",
        name,
        `${name}, received_type(${given}) mismatch input_type(${type})`,
      );
    }
    return;
  }
  if (type === "INT" || type === "FLOAT") {
    const number = Number(value);
    const { min, max } = settings as { min?: number; max?: number };
    if (Number.isNaN(number))
      report("invalid_input_type", `Failed to convert an input value to a ${type} value`, name, `${name}, ${value}`);
    else if (min !== undefined && number < min)
      report("value_smaller_than_min", `Value ${number} smaller than min of ${min}`, name, name);
    else if (max !== undefined && number > max)
      report("value_bigger_than_max", `Value ${number} bigger than max of ${max}`, name, name);
    return;
  }
  const options = Array.isArray(type) ? type : type === "COMBO" ? (settings.options as unknown[]) : null;
  if (options !== null && !options.includes(value)) {
    const shown = options.length > 20 ? `(list of length ${options.length})` : JSON.stringify(options);
    report("value_not_in_list", "Value not in list", name, `${name}: '${value}' not in ${shown}`);
  }
}

function accepts(type: string, given: unknown): boolean {
  if (type === "*" || type === "COMFY_MATCHTYPE_V3" || given === "*" || given === "COMFY_MATCHTYPE_V3") return true;
  return type.split(",").includes(String(given));
}
