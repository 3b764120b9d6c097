import { z } from "zod";

type Option = string | number | boolean;

/** What an input of a node takes: a literal of a kind, one of a list, or the output of another node. */
export type InputSpec =
  | { readonly kind: "int" | "float"; readonly min: number; readonly max: number }
  | { readonly kind: "string" | "boolean" }
  /** An empty list: the server has no such file, or the description was saved without its files. */
  | {
      readonly kind: "choice";
      readonly options: readonly Option[];
      /** Inputs beside it that an option brings, by option: the pack VideoHelperSuite has such formats. */
      readonly brings: ReadonlyMap<string, ReadonlyMap<string, NodeInput>>;
    }
  /** A choice that brings inputs of its own, written `input.own`. */
  | { readonly kind: "dynamic"; readonly options: ReadonlyMap<string, ReadonlyMap<string, NodeInput>> }
  | { readonly kind: "link"; readonly types: readonly string[] };

export interface NodeInput {
  readonly isRequired: boolean;
  readonly spec: InputSpec;
  readonly default: Option | undefined;
}

export interface NodeClass {
  readonly inputs: ReadonlyMap<string, NodeInput>;
  /** Types by slot; `*` where any input takes it. */
  readonly outputs: readonly string[];
  /** Whether it ends a graph: only what leads to such a node is run. */
  readonly isOutput: boolean;
}

/** What a server says it can run, by class. */
export type NodeClasses = ReadonlyMap<string, NodeClass>;

const OptionSchema = z.union([z.string(), z.number(), z.boolean()]);
const Settings = z.looseObject({
  default: OptionSchema.optional().catch(undefined),
  min: z.number().optional().catch(undefined),
  max: z.number().optional().catch(undefined),
  options: z.array(z.unknown()).optional().catch(undefined),
  formats: z
    .record(z.string(), z.array(z.tuple([z.string(), z.unknown()], z.unknown())).catch([]))
    .optional()
    .catch(undefined),
});
type Settings = z.output<typeof Settings>;

const InputGroup = z.record(z.string(), z.array(z.unknown()).min(1)).optional().catch(undefined);
const Inputs = z.looseObject({ required: InputGroup, optional: InputGroup });
const RawClass = z.looseObject({
  input: Inputs.catch({}),
  output: z.array(z.unknown()).catch([]),
  output_node: z.boolean().catch(false),
});
const DynamicOption = z.looseObject({ key: z.string(), inputs: Inputs.catch({}) });

/** Types that stand for whatever is linked to them. */
const ANY = ["*", "COMFY_MATCHTYPE_V3"];

/** Reads an answer of `/object_info`; classes that describe themselves in another way are left out. */
export function readNodeClasses(body: unknown): NodeClasses {
  const raw = z.record(z.string(), z.unknown()).safeParse(body).data ?? {};
  const classes = new Map<string, NodeClass>();
  for (const [name, value] of Object.entries(raw)) {
    const read = RawClass.safeParse(value).data;
    if (read === undefined) continue;
    classes.set(name, {
      inputs: readInputs(read.input),
      outputs: read.output.map((type) => (typeof type !== "string" ? "COMBO" : ANY.includes(type) ? "*" : type)),
      isOutput: read.output_node,
    });
  }
  return classes;
}

function readInputs(groups: z.output<typeof Inputs>): ReadonlyMap<string, NodeInput> {
  const inputs = new Map<string, NodeInput>();
  for (const [group, isRequired] of [
    [groups.required, true],
    [groups.optional, false],
  ] as const) {
    for (const [name, [type, rest]] of Object.entries(group ?? {})) {
      const settings = Settings.safeParse(rest ?? {}).data ?? {};
      inputs.set(name, { isRequired, spec: readSpec(type, settings), default: settings.default });
    }
  }
  return inputs;
}

function readSpec(type: unknown, settings: Settings): InputSpec {
  // Old nodes write the list of choices in the place of the type.
  if (Array.isArray(type)) return { kind: "choice", options: optionsOf(type), brings: readFormats(settings) };
  switch (type) {
    case "INT":
    case "FLOAT": {
      const { min = Number.NEGATIVE_INFINITY, max = Number.POSITIVE_INFINITY } = settings;
      return { kind: type === "INT" ? "int" : "float", min, max };
    }
    case "STRING":
      return { kind: "string" };
    case "BOOLEAN":
      return { kind: "boolean" };
    case "COMBO":
      return { kind: "choice", options: optionsOf(settings.options ?? []), brings: readFormats(settings) };
    case "COMFY_DYNAMICCOMBO_V3": {
      const read = (settings.options ?? []).flatMap((option) => DynamicOption.safeParse(option).data ?? []);
      return { kind: "dynamic", options: new Map(read.map(({ key, inputs }) => [key, readInputs(inputs)])) };
    }
    default: {
      const types = typeof type === "string" ? type.split(",") : ["*"];
      return { kind: "link", types: types.some((one) => ANY.includes(one)) ? ["*"] : types };
    }
  }
}

function readFormats({ formats = {} }: Settings): ReadonlyMap<string, ReadonlyMap<string, NodeInput>> {
  const read = Object.entries(formats).map(([format, widgets]) => {
    const inputs = widgets.map(([name, type, rest]): [string, NodeInput] => {
      const settings = Settings.safeParse(rest ?? {}).data ?? {};
      return [name, { isRequired: false, spec: readSpec(type, settings), default: settings.default }];
    });
    return [format, new Map(inputs)] as const;
  });
  return new Map(read);
}

const optionsOf = (options: readonly unknown[]): Option[] =>
  options.flatMap((option) => OptionSchema.safeParse(option).data ?? []);
