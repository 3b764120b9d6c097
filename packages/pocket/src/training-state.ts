import {
  type LossPoint,
  PermanentError,
  type PocketTrainingSettings,
  type PocketTrainingState,
} from "@loramill/contracts";
import {
  fromFloat32,
  isFloatDtype,
  readSafetensors,
  type TensorToWrite,
  toFloat32,
  writeSafetensors,
} from "@loramill/lora";
import { keyOf, type Stacked } from "./lora-tensors.ts";
import type { ModelDescription } from "./model-files.ts";
import { createRandom, normals } from "./random.ts";

/** A training at one step as the graph holds it: per matrix its values and both Adam moments. */
export interface LiveTraining {
  readonly rank: number;
  readonly alpha: number;
  step: number;
  readonly matrices: Map<string, Stacked>;
  readonly curve: LossPoint[];
}

const FORMAT = "loramill-pocket-training/1";
const SIDES = ["A", "B"] as const;
const MOMENTS = [".m", ".v"] as const;

/** A ~ N(0, 1 / inputs) from the seed, B and all moments zero. */
export function startTraining(model: ModelDescription, settings: PocketTrainingSettings): LiveTraining {
  const { rank, alpha } = settings;
  const random = createRandom(settings.seed, "initial");
  const matrices = new Map<string, Stacked>();
  for (const { name, side, inputs, shape } of matricesOf(model, rank)) {
    const count = shape[0] * shape[1] * shape[2];
    const drawn = () => normals(random, count).map((value) => value / Math.sqrt(inputs));
    matrices.set(name, { name, shape, values: side === "A" ? drawn() : new Float32Array(count) });
    for (const moment of MOMENTS) {
      matrices.set(name + moment, { name: name + moment, shape, values: new Float32Array(count) });
    }
  }
  return { rank, alpha, step: 0, matrices, curve: [] };
}

/** Bytes of a state: safetensors with all matrices, moments and the curve. */
export function freezeTraining(live: LiveTraining): PocketTrainingState {
  const curve = Float32Array.from(live.curve.flatMap(({ step, loss, averageLoss }) => [step, loss, averageLoss]));
  const tensors = [...live.matrices.values(), { name: "curve", shape: [live.curve.length, 3], values: curve }];
  const metadata = { format: FORMAT, step: live.step, rank: live.rank, alpha: live.alpha };
  const state = writeSafetensors(
    tensors.map(({ name, shape, values }) => float32(name, shape, values)),
    Object.fromEntries(Object.entries(metadata).map(([key, value]) => [key, String(value)])),
  );
  return { step: live.step, state, curve: live.curve };
}

/** PermanentError `bad-training-state` when the bytes are not a state of this model. */
export function thawTraining(model: ModelDescription, frozen: PocketTrainingState): LiveTraining {
  const file = readSafetensors(frozen.state);
  if (file.metadata.get("format") !== FORMAT) throw badState("it is of another format");
  const [step, rank, alpha] = ["step", "rank", "alpha"].map((key) => Number(file.metadata.get(key)));
  if (step === undefined || rank === undefined || alpha === undefined || step !== frozen.step) {
    throw badState(`it is of step ${step}, not ${frozen.step}`);
  }
  const read = (name: string, shape: readonly number[]): Float32Array => {
    const tensor = file.tensors.get(name);
    if (tensor && isFloatDtype(tensor.dtype) && tensor.shape.join() === shape.join()) {
      return toFloat32(tensor.dtype, tensor.data);
    }
    throw badState(`${name} is missing or of another size`);
  };
  const matrices = new Map<string, Stacked>();
  for (const { name: matrix, shape } of matricesOf(model, rank)) {
    for (const name of [matrix, ...MOMENTS.map((moment) => matrix + moment)]) {
      matrices.set(name, { name, shape, values: read(name, shape) });
    }
  }
  const flat = read("curve", [step, 3]);
  const curve = Array.from({ length: step }, (_, index) => ({
    step: flat[index * 3] ?? 0,
    loss: flat[index * 3 + 1] ?? 0,
    averageLoss: flat[index * 3 + 2] ?? 0,
  }));
  return { rank, alpha, step, matrices, curve };
}

/** A training goes on only as the LoRA it began as; a lower learning rate or more steps are fine. */
export function checkSameLora(live: LiveTraining, settings: PocketTrainingSettings): void {
  if (live.rank === settings.rank && live.alpha === settings.alpha) return;
  const found = `rank ${live.rank} and alpha ${live.alpha}`;
  throw badState(`it has ${found}, the settings rank ${settings.rank} and alpha ${settings.alpha}`);
}

/** The LoRA file: one A, one B and one alpha per block and target, in F32. */
export function loraFile(
  model: ModelDescription,
  frozen: PocketTrainingState,
  metadata: Readonly<Record<string, string>>,
): Uint8Array {
  const live = thawTraining(model, frozen);
  const tensors: TensorToWrite[] = [];
  for (const { name, target, side, shape } of matricesOf(model, live.rank)) {
    const values = live.matrices.get(name)?.values ?? new Float32Array();
    const [blocks, rows, columns] = shape;
    for (let block = 0; block < blocks; block += 1) {
      const ours = values.subarray(block * rows * columns, (block + 1) * rows * columns);
      tensors.push(float32(keyOf(block, target, `lora_${side}.weight`), [rows, columns], ours));
      if (side === "A") tensors.push(float32(keyOf(block, target, "alpha"), [], Float32Array.of(live.alpha)));
    }
  }
  return writeSafetensors(tensors, { format: "pt", ...metadata });
}

/** Every matrix of a LoRA of the model, in the order of the targets. */
function matricesOf(model: ModelDescription, rank: number) {
  const blocks = model.dimensions.blocks;
  return model.lora.targets.flatMap(({ name: target, inputs, outputs }) =>
    SIDES.map((side) => {
      const shape = side === "A" ? ([blocks, rank, inputs] as const) : ([blocks, outputs, rank] as const);
      return { name: `${target}.lora_${side}`, target, side, inputs, shape };
    }),
  );
}

function float32(name: string, shape: readonly number[], values: Float32Array): TensorToWrite {
  return { name, dtype: "F32", shape, data: fromFloat32("F32", values) };
}

function badState(why: string): PermanentError {
  return new PermanentError(`this is not a training state that can go on: ${why}`, { code: "bad-training-state" });
}
