import type { IncomingMessage } from "node:http";
import type { PlannedMoves } from "./comfyui-moves.ts";
import type { FakeComfyUiOptions } from "./fake-comfyui-options.ts";
import { readForm } from "./multipart.ts";
import { comfyUiObjectInfo } from "./object-info.ts";
import type { PromptRunner, QueuedPrompt } from "./prompt-runner.ts";
import { type PromptGraph, validatePrompt } from "./validate-prompt.ts";

/** An answer; `cut` sends half of the body and breaks off. */
export interface Reply {
  readonly status: number;
  readonly body?: unknown;
  readonly headers?: Readonly<Record<string, string>>;
  readonly cut?: boolean;
}
/** Breaks the connection without an answer. */
export type NoReply = "break";

export interface RouteParts {
  readonly options: FakeComfyUiOptions;
  readonly runner: PromptRunner;
  readonly moves: PlannedMoves;
  readonly submitted: string[];
}

const UUID = /^[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}$/;
const MODELS: Readonly<Record<string, readonly string[]>> = {
  checkpoints: ["sd_xl_base_1.0.safetensors", "v1-5-pruned-emaonly-fp16.safetensors", "sd3.5_large.safetensors"],
  diffusion_models: ["flux1-dev.safetensors"],
  text_encoders: ["clip_l.safetensors", "clip_g.safetensors", "t5xxl_fp16.safetensors"],
  vae: ["ae.safetensors"],
  loras: [],
  controlnet: [],
  upscale_models: [],
};
const NOT_FOUND: Reply = { status: 404, body: "404: Not Found" };
const EMPTY: Reply = { status: 200, body: "" };

/** ComfyUI's HTTP API as far as training, drawing and saving go; every route exists under `/api` as well. */
export function createRoutes({ options, runner, moves, submitted }: RouteParts) {
  const { jobs = "all", maxUploadBytes = 104_857_600, version = "0.33.0", without = [] } = options;
  const models = { ...MODELS, ...options.models };
  let counter = 0;

  const lorasOf = () => [...(models.loras ?? []), ...runner.files.names("output/loras")];
  const uploads = () =>
    [...runner.files.all.keys()].flatMap((path) => (path.startsWith("input/") ? path.slice("input/".length) : []));
  const objectInfo = ({ isListed }: { readonly isListed: boolean }) =>
    comfyUiObjectInfo({
      models: { ...models, loras: lorasOf() },
      uploads: uploads().filter((path) => !isListed || !path.includes("/")),
      folders: runner.files.inputFolders(),
      datasets: [...runner.datasets],
      without,
    });

  function submit(body: Buffer): Reply | NoReply {
    if (moves.take("drop-prompt") !== undefined) return "break";
    const sent = JSON.parse(body.toString()) as {
      prompt?: PromptGraph;
      prompt_id?: string;
      client_id?: string;
      extra_data?: Record<string, unknown>;
    };
    const refused = (type: string, message: string): Reply => {
      return { status: 400, body: { error: { type, message, details: "", extra_info: {} }, node_errors: {} } };
    };
    const { prompt, prompt_id: id, client_id: clientId } = sent;
    if (prompt === undefined) return refused("no_prompt", "No prompt provided");
    if (id === undefined || !UUID.test(id)) return refused("invalid_prompt_id", "prompt_id must be a UUID");
    const checked = validatePrompt(prompt, objectInfo({ isListed: false }));
    if (!checked.ok) return { status: 400, body: { error: checked.error, node_errors: checked.errors } };
    counter += 1;
    const extra = { ...sent.extra_data, client_id: clientId };
    submitted.push(id);
    runner.add({ number: counter, id, clientId, graph: prompt, extra, outputs: checked.outputs });
    if (moves.take("lose-receipt") !== undefined) return "break";
    const dropped = moves.take("node-errors") === undefined ? {} : droppedOutput(checked.outputs);
    return { status: 200, body: { prompt_id: id, number: counter, node_errors: { ...checked.errors, ...dropped } } };
  }

  function cancel(id: string): boolean {
    const at = runner.pending.findIndex((prompt) => prompt.id === id);
    if (at >= 0) runner.pending.splice(at, 1);
    return at >= 0 || runner.interrupt(id);
  }

  function job(id: string): Reply {
    const entry = runner.history.get(id);
    const isPending = runner.pending.some((prompt) => prompt.id === id);
    if (entry === undefined && !isPending && runner.running?.id !== id) {
      return { status: 404, body: { error: "Job not found" } };
    }
    const status = entry === undefined ? (isPending ? "pending" : "in_progress") : "completed";
    const start = isPending ? {} : { execution_start_time: runner.startedAt };
    return { status: 200, body: { id, status, ...start, outputs: entry?.outputs ?? {} } };
  }

  function upload(contentType: string, body: Buffer): Reply {
    if (body.length > maxUploadBytes) {
      return { status: 413, body: `Maximum request body size ${maxUploadBytes} exceeded.` };
    }
    const { fields, files } = readForm(body, contentType);
    const image = files.get("image");
    const type = fields.get("type") ?? "input";
    const subfolder = fields.get("subfolder") ?? "";
    const overwrite = ["true", "1"].includes(fields.get("overwrite") ?? "");
    if (image === undefined) return { status: 400, body: "" };
    if (!["input", "output", "temp"].includes(type)) return { status: 500, body: "" };
    const name = runner.files.store({ type, subfolder, name: image.filename, overwrite }, image.bytes);
    return name === null ? { status: 400, body: "" } : { status: 200, body: { name, subfolder, type } };
  }

  function view(query: URLSearchParams, range: string): Reply {
    const filename = query.get("filename") ?? "";
    if (filename.startsWith("/") || filename.includes("..")) return { status: 400, body: "" };
    const path = runner.files.path(query.get("type") ?? "output", query.get("subfolder") ?? "", filename);
    if (path === null) return { status: 403, body: "" };
    const file = runner.files.all.get(path);
    if (file === undefined) return { status: 404, body: "" };
    const [, from, to] = /^bytes=(\d+)-(\d*)$/.exec(range) ?? [];
    if (from === undefined) return { status: 200, body: file, cut: moves.take("cut-file") !== undefined };
    const start = Number(from);
    const end = Math.min(file.length, to === "" || to === undefined ? file.length : Number(to) + 1);
    if (start >= file.length) return { status: 416, body: "" };
    const headers = { "content-range": `bytes ${start}-${end - 1}/${file.length}` };
    return { status: 206, body: file.subarray(start, end), headers };
  }

  function editQueue(body: Buffer): Reply {
    const { clear, delete: ids = [] } = JSON.parse(body.toString()) as { clear?: boolean; delete?: string[] };
    const kept = runner.pending.filter(({ id }) => !clear && !ids.includes(id));
    runner.pending.splice(0, runner.pending.length, ...kept);
    return EMPTY;
  }

  function interrupt(body: Buffer): Reply {
    const { prompt_id: id } = JSON.parse(body.toString() || "{}") as { prompt_id?: string };
    runner.interrupt(id);
    return EMPTY;
  }

  return (request: IncomingMessage, url: URL, path: string, body: Buffer): Reply | NoReply => {
    const parts = path
      .replace(/^\/api\/(?!jobs)/, "/")
      .split("/")
      .map(decodeURIComponent);
    const [, first = "", second = "", third = "", fourth = ""] = parts;
    switch (`${request.method} /${first}`) {
      case "GET /system_stats": {
        const free = (runner.running === null ? 20 : 12) * 2 ** 30;
        const devices = [{ name: "cuda:0 Fake GPU", type: "cuda", vram_total: 24 * 2 ** 30, vram_free: free }];
        return { status: 200, body: { system: { os: "posix", comfyui_version: version }, devices } };
      }
      case "GET /features":
        return { status: 200, body: { supports_preview_metadata: true, max_upload_size: maxUploadBytes } };
      case "GET /object_info": {
        const info = objectInfo({ isListed: true });
        const one = info[second];
        return { status: 200, body: second === "" ? info : one === undefined ? {} : { [second]: one } };
      }
      case "GET /models": {
        if (models[second] === undefined) return { status: 404, body: "" };
        return { status: 200, body: second === "loras" ? lorasOf() : models[second] };
      }
      case "GET /prompt": {
        const remaining = runner.pending.length + (runner.running === null ? 0 : 1);
        return { status: 200, body: { exec_info: { queue_remaining: remaining } } };
      }
      case "POST /prompt":
        return submit(body);
      case "GET /queue": {
        const running = runner.running === null ? [] : [queueItem(runner.running)];
        return { status: 200, body: { queue_running: running, queue_pending: runner.pending.map(queueItem) } };
      }
      case "POST /queue":
        return editQueue(body);
      case "POST /interrupt":
        return interrupt(body);
      case "GET /history": {
        const entry = runner.history.get(second);
        if (second === "") return { status: 200, body: Object.fromEntries(runner.history) };
        return { status: 200, body: entry === undefined ? {} : { [second]: entry } };
      }
      case "POST /history": {
        const { clear, delete: ids = [] } = JSON.parse(body.toString()) as { clear?: boolean; delete?: string[] };
        for (const id of clear ? [...runner.history.keys()] : ids) runner.history.delete(id);
        return EMPTY;
      }
      case "POST /free":
        runner.forget();
        return EMPTY;
      case "POST /upload":
        return upload(request.headers["content-type"] ?? "", body);
      case "GET /view":
        return view(url.searchParams, request.headers.range ?? "");
      case "GET /api":
        return second === "jobs" && jobs !== "none" ? job(third) : NOT_FOUND;
      case "POST /api": {
        const isCancel = jobs === "all" && second === "jobs" && fourth === "cancel";
        return isCancel ? { status: 200, body: { cancelled: cancel(third) } } : NOT_FOUND;
      }
      default:
        return NOT_FOUND;
    }
  };
}

function droppedOutput([id = "0"]: readonly string[]): Record<string, unknown> {
  const errors = [{ type: "custom_validation_failed", message: "Custom validation failed for node", details: id }];
  return { [id]: { errors, dependent_outputs: [id], class_type: "SaveImage" } };
}

const queueItem = ({ number, id, graph, extra, outputs }: QueuedPrompt) => [number, id, graph, extra, outputs];
