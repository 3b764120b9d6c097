import { createHash } from "node:crypto";
import { setTimeout as pause } from "node:timers/promises";
import { saveOutput } from "./saved-outputs.ts";
import { createServerFiles, type ServerFiles } from "./server-files.ts";
import { trainedLora } from "./trained-tensors.ts";
import { type PromptGraph, upstream } from "./validate-prompt.ts";

export interface QueuedPrompt {
  readonly number: number;
  readonly id: string;
  readonly clientId: string | undefined;
  readonly graph: PromptGraph;
  readonly extra: unknown;
  readonly outputs: readonly string[];
}

export interface HistoryEntry {
  prompt: unknown[];
  outputs: Record<string, unknown>;
  status: { status_str: "success" | "error"; completed: boolean; messages: [string, Record<string, unknown>][] };
}

/** What happens to the next prompt that trains, or that draws without training. */
export type ExecutionMove =
  | { readonly kind: "out-of-memory" }
  | { readonly kind: "fail"; readonly exceptionType: string; readonly message: string }
  /** The next picture that a prompt draws cannot be drawn. */
  | { readonly kind: "fail-drawing"; readonly exceptionType: string; readonly message: string }
  /** The next node that loads a LoRA cannot read it. */
  | { readonly kind: "fail-lora"; readonly message: string }
  /** The process dies after so many steps; a fresh one comes up with empty memory. */
  | { readonly kind: "die"; readonly afterSteps: number }
  /** As if somebody pressed stop at the server. */
  | { readonly kind: "interrupt" };

export type Tell = (prompt: QueuedPrompt, type: string, data: Record<string, unknown>) => void;

/** Called after each step of a prompt that asked for previews. */
export type Show = (
  prompt: QueuedPrompt,
  step: { readonly node: string; readonly value: number; readonly max: number },
) => void;

export interface PromptRunner {
  readonly files: ServerFiles;
  readonly pending: QueuedPrompt[];
  readonly running: QueuedPrompt | null;
  readonly startedAt: number | null;
  readonly history: Map<string, HistoryEntry>;
  /** Training steps that were computed, by prompt. */
  readonly steps: ReadonlyMap<string, number>;
  readonly moves: ExecutionMove[];
  /** Encoded datasets on its disk. */
  readonly datasets: Set<string>;
  add(prompt: QueuedPrompt): void;
  interrupt(id?: string): boolean;
  /** Drops remembered results; what `/free` does. */
  forget(): void;
  /** Everything in memory is lost, as when the process is started again. */
  restart(): void;
  pause(): void;
  resume(): void;
  stop(): Promise<void>;
}

class Interrupted extends Error {}
class ExecutionError extends Error {
  readonly nodeId: string;
  readonly nodeType: string;
  readonly type: string;
  constructor(nodeId: string, nodeType: string, type: string, message: string) {
    super(message);
    this.nodeId = nodeId;
    this.nodeType = nodeType;
    this.type = type;
  }
}

/** Runs one prompt at a time, as ComfyUI's worker thread does; `stepMs` is how long a training step takes. */
export function startPromptRunner(options: {
  stepMs: number;
  historyLimit: number;
  tell: Tell;
  show: Show;
  onRestart: () => void;
}): PromptRunner {
  const files = createServerFiles();
  const pending: QueuedPrompt[] = [];
  const history = new Map<string, HistoryEntry>();
  const steps = new Map<string, number>();
  const moves: ExecutionMove[] = [];
  const datasets = new Set<string>();
  let cache = new Map<string, unknown>();
  let running: QueuedPrompt | null = null;
  let startedAt: number | null = null;
  let life = 0;
  let isInterrupted = false;
  let isPaused = false;
  let isStopped = false;
  let wake: () => void = () => {};

  /** Equal for nodes that would give the same: class, literals, what is linked, and the files that loaders read. */
  function keyOf(graph: PromptGraph, id: string): string {
    const { class_type: type, inputs = {} } = graph[id] ?? {};
    const parts = Object.entries(inputs).map(([name, value]) => [
      name,
      Array.isArray(value) ? [keyOf(graph, String(value[0])), value[1]] : value,
    ]);
    const isFolder = type === "LoadImageTextDataSetFromFolder";
    const loaded = files.all.get(`input/${inputs.image ?? inputs.file ?? inputs.audio}`) ?? "";
    const read = isFolder ? files.digest(`input/${inputs.folder}`) : createHash("sha256").update(loaded).digest("hex");
    return createHash("sha256")
      .update(JSON.stringify([type, parts, read]))
      .digest("hex");
  }

  /** Of what a node saves: of its inputs, but for the name that it saves them under. */
  function contentOf(graph: PromptGraph, id: string): string {
    const { filename_prefix: _, ...inputs } = graph[id]?.inputs ?? {};
    return keyOf({ ...graph, [id]: { ...graph[id], inputs } }, id);
  }

  const takeMove = (fits: (move: ExecutionMove) => boolean): ExecutionMove | undefined => {
    const at = moves.findIndex(fits);
    return at < 0 ? undefined : moves.splice(at, 1)[0];
  };

  /** The steps of a training, or of a sampler. */
  async function work(prompt: QueuedPrompt, id: string, max: number, born: number): Promise<void> {
    const { class_type: type = "" } = prompt.graph[id] ?? {};
    const move = takeMove(({ kind }) => kind !== "fail-drawing" && kind !== "fail-lora");
    if (move?.kind === "out-of-memory") {
      throw new ExecutionError(
        id,
        type,
        "torch.OutOfMemoryError",
        "Allocation on device 0 would exceed allowed memory.",
      );
    }
    if (move?.kind === "fail") throw new ExecutionError(id, type, move.exceptionType, move.message);
    for (let value = 1; value <= max; value += 1) {
      do await pause(options.stepMs);
      while (isPaused && !isInterrupted && born === life && !isStopped);
      if (born !== life || isStopped) return;
      if (move?.kind === "die" && value > move.afterSteps) return runner.restart();
      if (isInterrupted || move?.kind === "interrupt") throw new Interrupted();
      steps.set(prompt.id, (steps.get(prompt.id) ?? 0) + 1);
      options.tell(prompt, "progress", { value, max, prompt_id: prompt.id, node: id });
      if (wantsPreviews(prompt)) options.show(prompt, { node: id, value, max });
    }
  }

  function save(prompt: QueuedPrompt, id: string): unknown {
    const { class_type: type, inputs = {} } = prompt.graph[id] ?? {};
    switch (type) {
      case "LoadImageTextDataSetFromFolder": {
        if (files.names(`input/${inputs.folder}`).some((name) => /\.(?:png|jpe?g|webp)$/i.test(name))) return undefined;
        throw new ExecutionError(id, type, "ValueError", "No images found in the folder.");
      }
      case "SaveLoRA": {
        const [trainer = ""] = inputs.lora as [string];
        const { rank, steps: count } = prompt.graph[trainer]?.inputs ?? {};
        const has = (type: string) => Object.values(prompt.graph).some(({ class_type }) => class_type === type);
        const kind = has("UNETLoader") ? "flux" : has("TripleCLIPLoader") ? "sd3" : "unet";
        const seed = keyOf(prompt.graph, trainer);
        const prefix = `${inputs.prefix}${inputs.steps === undefined ? "" : `_${count}_steps`}`;
        files.save("output", prefix, ".safetensors", trainedLora({ rank: Number(rank), kind, seed }));
        return undefined;
      }
      case "KSampler": {
        const move = takeMove(({ kind }) => kind === "fail-drawing");
        if (move?.kind === "fail-drawing") throw new ExecutionError(id, type, move.exceptionType, move.message);
        return undefined;
      }
      case "SaveTrainingDataset":
        datasets.add(String(inputs.folder_name));
        return undefined;
      case "LoadTrainingDataset":
        if (datasets.has(String(inputs.folder_name))) return undefined;
        throw new ExecutionError(id, type, "EOFError", "Ran out of input");
      case "LoraLoader":
      case "LoraLoaderModelOnly":
      case "CreateHookLora": {
        const move = takeMove(({ kind }) => kind === "fail-lora");
        if (move?.kind === "fail-lora") throw new ExecutionError(id, type, "SafetensorError", move.message);
        return undefined;
      }
      case "LossGraphNode":
        return { images: [{ ...files.save("temp", "ComfyUI_temp_loss", ".png", PNG), type: "temp" }] };
      default:
        return saveOutput(prompt.graph, id, contentOf(prompt.graph, id), files);
    }
  }

  async function run(prompt: QueuedPrompt, born: number): Promise<void> {
    const entry: HistoryEntry = {
      prompt: [prompt.number, prompt.id, prompt.graph, prompt.extra, prompt.outputs],
      outputs: {},
      status: { status_str: "success", completed: true, messages: [] },
    };
    const say = (type: string, data: Record<string, unknown> = {}) => {
      const told = { prompt_id: prompt.id, timestamp: Date.now(), ...data };
      entry.status.messages.push([type, told]);
      options.tell(prompt, type, told);
    };
    say("execution_start");
    const order = [...new Set(prompt.outputs.flatMap((output) => upstream(prompt.graph, output)))];
    const keys = new Map(order.map((id) => [id, keyOf(prompt.graph, id)]));
    const known = order.filter((id) => cache.has(keys.get(id) ?? ""));
    say("execution_cached", { nodes: known });
    try {
      for (const id of order) {
        const key = keys.get(id) ?? "";
        let output = cache.get(key);
        if (!cache.has(key)) {
          options.tell(prompt, "executing", { node: id, display_node: id, prompt_id: prompt.id });
          const count = stepsOf(prompt.graph, id);
          if (count > 0) await work(prompt, id, count, born);
          if (born !== life || isStopped) return;
          output = save(prompt, id);
          cache.set(key, output);
        }
        if (output !== undefined) {
          entry.outputs[id] = output;
          options.tell(prompt, "executed", { node: id, display_node: id, output, prompt_id: prompt.id });
        }
      }
      say("execution_success");
    } catch (error) {
      entry.status = { ...entry.status, status_str: "error", completed: false };
      if (error instanceof Interrupted) say("execution_interrupted", { executed: [] });
      else if (error instanceof ExecutionError) {
        say("execution_error", {
          node_id: error.nodeId,
          node_type: error.nodeType,
          exception_type: error.type,
          exception_message: error.message,
          traceback: ['  File "execution.py", line 1, in execute\n'],
          current_inputs: {},
          current_outputs: [],
        });
      } else throw error;
    }
    // The socket is told of the success before the history has it.
    await pause(5);
    if (born !== life) return;
    history.set(prompt.id, entry);
    while (history.size > options.historyLimit) history.delete(history.keys().next().value ?? "");
    running = null;
    options.tell(prompt, "executing", { node: null, prompt_id: prompt.id });
  }

  async function loop(): Promise<void> {
    while (!isStopped) {
      const next = isPaused ? undefined : pending.sort((a, b) => a.number - b.number).shift();
      if (next === undefined) {
        await new Promise<void>((resolve) => {
          wake = resolve;
        });
        continue;
      }
      running = next;
      startedAt = Date.now();
      isInterrupted = false;
      await run(next, life);
    }
  }

  const runner: PromptRunner = {
    files,
    pending,
    history,
    steps,
    moves,
    datasets,
    get running() {
      return running;
    },
    get startedAt() {
      return startedAt;
    },
    add(prompt) {
      pending.push(prompt);
      wake();
    },
    interrupt(id) {
      if (running === null || (id !== undefined && running.id !== id)) return false;
      isInterrupted = true;
      return true;
    },
    forget: () => cache.clear(),
    restart() {
      life += 1;
      cache = new Map();
      pending.length = 0;
      history.clear();
      running = null;
      for (const path of files.all.keys()) if (path.startsWith("temp/")) files.all.delete(path);
      options.onRestart();
    },
    pause() {
      isPaused = true;
    },
    resume() {
      isPaused = false;
      wake();
    },
    async stop() {
      isStopped = true;
      wake();
      await loops;
    },
  };
  const loops = loop();
  return runner;
}

const SAMPLERS = ["KSampler", "KSamplerAdvanced", "SamplerCustomAdvanced"];

/** They are off unless a prompt asks for them, as on a server that was started without `--preview-method`. */
function wantsPreviews({ extra }: QueuedPrompt): boolean {
  const { preview_method: method } = extra as { preview_method?: string };
  return method !== undefined && !["none", "default"].includes(method);
}

/** How often a node counts; 0 for one that does not. Prompts that train draw their samples without counting. */
function stepsOf(graph: PromptGraph, id: string): number {
  const { class_type: type = "", inputs = {} } = graph[id] ?? {};
  if (type === "TrainLoraNode") return Number(inputs.steps) * Number(inputs.grad_accumulation_steps);
  const trains = Object.values(graph).some((node) => node.class_type === "TrainLoraNode");
  return SAMPLERS.includes(type) && !trains ? Number(inputs.steps ?? 4) || 4 : 0;
}

/** One grey pixel. */
const PNG = Buffer.from(
  "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAAAAAA6fptVAAAACklEQVR4nGNoAAAAggCBd81ytgAAAABJRU5ErkJggg==",
  "base64",
);
