import { type LoraOperation, networkOf, UserError } from "@loramill/contracts";
import type { Dialect } from "../adapters/dialects.ts";
import { readAdapters } from "../adapters/read-adapters.ts";
import { copyRange, memorySource } from "../byte-source.ts";
import { convertLora } from "../convert-lora.ts";
import { blockWeight } from "../merge/block-weights.ts";
import { mergeLoras } from "../merge/merge-loras.ts";
import { replaceMetadata } from "../safetensors/edit-metadata.ts";
import { readSafetensors } from "../safetensors/read-safetensors.ts";
import type { ByteStream } from "../safetensors/write-safetensors.ts";
import type { LazyAdapter } from "../streams/lazy-adapter.ts";
import { type OpenLora, openLora } from "../streams/open-lora.ts";
import type { ToolRun } from "../streams/progress.ts";
import { streamLora } from "../streams/stream-lora.ts";
import type { RunModule } from "../threads/module-work.ts";
import { pruneLora } from "../tools/prune-lora.ts";
import { type ResizedModule, resizeLora } from "../tools/resize-lora.ts";
import { madeMetadata } from "./made-metadata.ts";
import { type OperationInput, openLike } from "./operation-input.ts";

export interface OperationRun extends ToolRun {
  /** Of the result. */
  readonly name: string;
  readonly runModule: RunModule;
}

export interface OperationResult {
  /** Computed while it is read. */
  readonly file: ByteStream;
  readonly modules: number;
  /** For people: what was cut, removed or left out. */
  readonly notes: readonly string[];
}

/** One LoRA of one or several: what the command line and the queue `lora` both run. UserErrors name what is wrong. */
export async function runOperation(
  operation: LoraOperation,
  inputs: readonly OperationInput[],
  run: OperationRun,
): Promise<OperationResult> {
  const [first, ...others] = inputs;
  if (first === undefined) throw new UserError("there is no LoRA to work on", { code: "no-lora" });
  if (others.length > 0 && operation.kind !== "merge") {
    throw new UserError(`${operation.kind} takes one LoRA, not ${inputs.length}`, { code: "too-many-loras" });
  }
  if (operation.kind === "convert") return convert(operation, first, run);
  const lora = await openLora(first.source);
  if (operation.kind === "merge") {
    const rest = await Promise.all(others.map(({ source }) => openLike(source, lora)));
    return merge(operation, inputs, [lora, ...rest], run);
  }
  const { adapters, notes } =
    operation.kind === "resize" ? await resize(operation, lora, run) : await prune(operation.minNorm, lora, run);
  return written(operation, [first], [lora], adapters, notes, run);
}

type Operation<K extends LoraOperation["kind"]> = Extract<LoraOperation, { readonly kind: K }>;

function merge(
  operation: Operation<"merge">,
  inputs: readonly OperationInput[],
  loras: readonly OpenLora[],
  run: OperationRun,
): OperationResult {
  checkFamilies(inputs, loras);
  const parts = loras.map(({ adapters }, at) => {
    const { weight = 1, blocks } = inputs[at] ?? {};
    return { adapters, weight, ...(blocks === undefined ? {} : { moduleWeight: blockWeight(blocks) }) };
  });
  const { method, dtype, seed } = operation;
  const more = dtype === undefined ? {} : { dtype };
  const merged = mergeLoras(parts, { method, seed: `${seed}`, runModule: run.runModule, ...more });
  return written(operation, inputs, loras, merged, [], run);
}

/** LoRAs of two families change other modules: together they would be two LoRAs in one file. */
function checkFamilies(inputs: readonly OperationInput[], loras: readonly OpenLora[]): void {
  const known = loras.map(({ family }, at) => ({ family: family?.family, name: inputs[at]?.name ?? "" }));
  const [first] = known;
  const other = known.find(({ family = "" }) => networkOf(family) !== networkOf(first?.family ?? ""));
  if (first === undefined || other === undefined) return;
  throw new UserError(
    `${first.name} is for ${first.family ?? "an unknown family"} and ${other.name} for ${other.family ?? "an unknown family"}: only LoRAs for one network can be merged`,
    { code: "mixed-families" },
  );
}

async function resize(
  { rule, convRule, dtype }: Operation<"resize">,
  lora: OpenLora,
  run: OperationRun,
): Promise<{ adapters: readonly LazyAdapter[]; notes: string[] }> {
  const { adapters, modules } = await resizeLora(lora.adapters, {
    ...run,
    rule,
    ...(convRule === undefined ? {} : { convRule }),
    ...(dtype === undefined ? {} : { dtype }),
  });
  return { adapters, notes: retained(modules) };
}

function retained(modules: readonly ResizedModule[]): string[] {
  if (modules.length === 0) return ["no module of it has a rank that could be changed"];
  const least = Math.min(...modules.map(({ frobeniusRetained }) => frobeniusRetained));
  const mean = modules.reduce((sum, { frobeniusRetained }) => sum + frobeniusRetained, 0) / modules.length;
  const ranks = modules.map(({ rank }) => rank);
  const share = (of: number) => `${(100 * of).toFixed(1)} %`;
  return [
    `${modules.length} modules now have ranks ${Math.min(...ranks)} to ${Math.max(...ranks)} and keep ${share(mean)} of their norm, at least ${share(least)}`,
  ];
}

async function prune(
  minNorm: number,
  lora: OpenLora,
  run: OperationRun,
): Promise<{ adapters: readonly LazyAdapter[]; notes: string[] }> {
  const { adapters, removed } = await pruneLora(lora.adapters, { ...run, minNorm });
  if (adapters.length === 0) {
    throw new UserError(`every module's change has a norm below ${minNorm}: nothing would be left`, {
      code: "nothing-left",
    });
  }
  return { adapters, notes: [`${removed.length} of ${lora.adapters.length} modules were removed`] };
}

/** In memory: dialects cut and join modules, which takes whole ones. */
async function convert(
  operation: Operation<"convert">,
  input: OperationInput,
  run: OperationRun,
): Promise<OperationResult> {
  const { dialect, leaveOut } = operation;
  const file = readSafetensors(await input.source.bytes(0, input.source.size));
  const { adapters } = readAdapters(file);
  const { bytes, refused } = convertLora(file, dialect, { leaveOut });
  const metadata = madeMetadata(run.name, operation, [{ ...input, metadata: file.metadata }], adapters);
  const source = memorySource(replaceMetadata(bytes, metadata));
  return {
    file: { size: source.size, chunks: copyRange(source, 0, source.size) },
    modules: adapters.length - refused.length,
    notes: refused.map(({ module, why }) => `${module} was left out: ${why}`),
  };
}

function written(
  operation: LoraOperation,
  inputs: readonly OperationInput[],
  loras: readonly OpenLora[],
  adapters: readonly LazyAdapter[],
  notes: readonly string[],
  { name, runModule: _, ...run }: OperationRun,
): OperationResult {
  const [first] = loras;
  const dialect: Dialect = first?.dialect ?? "kohya";
  const from = loras.map(({ header }, at) => ({ ...(inputs[at] as OperationInput), metadata: header.metadata }));
  const metadata = madeMetadata(name, operation, from, adapters);
  const source = { dialect, family: first?.family ?? null };
  return { file: streamLora({ ...run, adapters, from: source, dialect, metadata }), modules: adapters.length, notes };
}
