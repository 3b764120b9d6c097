import type {
  Digest,
  ErrorRecord,
  LossPoint,
  PocketGeneration,
  PocketTrainingImage,
  PocketTrainingSettings,
  PocketTrainingState,
  RgbImage,
} from "@loramill/contracts";

/** What the engine and its thread say to one another. */
export interface EngineCalls {
  train: {
    request: {
      images: readonly PocketTrainingImage[];
      settings: PocketTrainingSettings;
      from: PocketTrainingState | null;
      untilStep: number;
    };
    answer: PocketTrainingState;
  };
  export: {
    request: { state: PocketTrainingState; metadata: Readonly<Record<string, string>> };
    answer: Uint8Array;
  };
  generate: { request: PocketGeneration; answer: RgbImage };
}
export type EngineCall = keyof EngineCalls;

export type ToEngine =
  | { [C in EngineCall]: { kind: "call"; id: number; call: C; request: EngineCalls[C]["request"] } }[EngineCall]
  | { kind: "abort"; id: number }
  /** Stop at the next step, give the memory back and end. */
  | { kind: "close" };

export type FromEngine =
  | { kind: "step"; id: number; point: LossPoint }
  | { kind: "answer"; id: number; answer: unknown }
  | { kind: "error"; id: number; error: ErrorRecord };

export interface EngineThreadData {
  readonly modelDir: string;
  /** Of the files when the engine was opened; the thread refuses others. */
  readonly digest: Digest;
  readonly threads: number;
}

/** The buffers of an answer's bytes, to be moved to the other thread instead of copied. */
export function buffersOf(answer: unknown): ArrayBuffer[] {
  if (answer instanceof Uint8Array) return answer.buffer instanceof ArrayBuffer ? [answer.buffer] : [];
  if (typeof answer !== "object" || answer === null) return [];
  return Object.values(answer).flatMap((value) => (value instanceof Uint8Array ? buffersOf(value) : []));
}
