import {
  type LossPoint,
  PermanentError,
  type PocketTrainingSettings,
  type PocketTrainingState,
} from "@loramill/contracts";
import { fromFloat32, readSafetensors, type TensorToWrite, toFloat32, writeSafetensors } from "@loramill/lora";
import { keyOf, type Stacked } from "./lora-tensors.ts";
import type { ModelDescription } from "./model-files.ts";
import { createRandom, normals } from "./random.ts";

/** A training at one step as the graph holds it: per matrix its values and both Adam moments. */
export interface LiveTraining {
  step: number;
  matrices: Map<string, Stacked>;
  curve: LossPoint[];
}

const MOMENTS = ["", ".m", ".v"] as const;

/** A ~ N(0, 1 / inputs) from the seed, B and all moments zero. */
export function startTraining(model: ModelDescription, settings: PocketTrainingSettings): LiveTraining {
  const random = createRandom(settings.seed, "initial");
  const blocks = model.dimensions.blocks;
  const matrices = new Map<string, Stacked>();
  for (const { name, inputs, outputs } of model.lora.targets) {
    const shapes = { A: [blocks, settings.rank, inputs], B: [blocks, outputs, settings.rank] } as const;
    for (const side of ["A", "B"] as const) {
      const shape = shapes[side];
      const count = shape[0] * shape[1] * shape[2];
      const values =
        side === "A" ? normals(random, count).map((value) => value / Math.sqrt(inputs)) : new Float32Array(count);
      const key = `${name}.lora_${side}`;
      matrices.set(key, { name: key, shape, values });
      for (const moment of [".m", ".v"])
        matrices.set(key + moment, { name: key + moment, shape, values: new Float32Array(count) });
    }
  }
  return { step: 0, matrices, curve: [] };
}

/** Bytes of a state: safetensors with all matrices, moments and the curve. */
export function freezeTraining(live: LiveTraining, settings: PocketTrainingSettings): PocketTrainingState {
  const curve = Float32Array.from(live.curve.flatMap(({ step, loss, averageLoss }) => [step, loss, averageLoss]));
  const tensors: TensorToWrite[] = [
    ...live.matrices.values(),
    { name: "curve", shape: [live.curve.length, 3], values: curve },
  ].map(({ name, shape, values }) => ({ name, shape, dtype: "F32", data: fromFloat32("F32", values) }));
  const metadata = { format: "loramill-pocket-training/1", step: String(live.step), alpha: String(settings.alpha) };
  return { step: live.step, state: writeSafetensors(tensors, metadata), curve: live.curve };
}

export function thawTraining(model: ModelDescription, frozen: PocketTrainingState): LiveTraining {
  const file = readSafetensors(frozen.state);
  if (file.metadata.get("format") !== "loramill-pocket-training/1") throw badState("it is of another format");
  const valuesOf = (name: string): Stacked => {
    const tensor = file.tensors.get(name);
    if (!tensor) throw badState(`${name} is missing`);
    return { name, shape: tensor.shape as [number, number, number], values: toFloat32("F32", tensor.data) };
  };
  const names = model.lora.targets.flatMap(({ name }) =>
    ["A", "B"].flatMap((side) => MOMENTS.map((moment) => `${name}.lora_${side}${moment}`)),
  );
  const flat = valuesOf("curve").values;
  const curve = Array.from({ length: flat.length / 3 }, (_, index) => ({
    step: flat[index * 3] ?? 0,
    loss: flat[index * 3 + 1] ?? 0,
    averageLoss: flat[index * 3 + 2] ?? 0,
  }));
  return {
    step: Number(file.metadata.get("step")),
    matrices: new Map(names.map((name) => [name, valuesOf(name)])),
    curve,
  };
}

/** The LoRA file: one A, one B and one alpha per block and target, in F32. */
export function loraFile(
  model: ModelDescription,
  frozen: PocketTrainingState,
  metadata: Readonly<Record<string, string>>,
): Uint8Array {
  const live = thawTraining(model, frozen);
  const alpha = Number(readSafetensors(frozen.state).metadata.get("alpha"));
  const tensors: TensorToWrite[] = [];
  for (const { name } of model.lora.targets) {
    for (const side of ["A", "B"] as const) {
      const matrix = live.matrices.get(`${name}.lora_${side}`);
      if (!matrix) throw badState(`${name}.lora_${side} is missing`);
      const [blocks, rows, columns] = matrix.shape;
      for (let block = 0; block < blocks; block += 1) {
        const values = matrix.values.slice(block * rows * columns, (block + 1) * rows * columns);
        tensors.push({
          name: keyOf(block, name, `lora_${side}.weight`),
          dtype: "F32",
          shape: [rows, columns],
          data: fromFloat32("F32", values),
        });
        if (side === "A") {
          tensors.push({
            name: keyOf(block, name, "alpha"),
            dtype: "F32",
            shape: [],
            data: fromFloat32("F32", Float32Array.of(alpha)),
          });
        }
      }
    }
  }
  return writeSafetensors(tensors, { format: "pt", ...metadata });
}

function badState(why: string): PermanentError {
  return new PermanentError(`this is not a training state of the pocket engine: ${why}`, {
    code: "bad-training-state",
  });
}
