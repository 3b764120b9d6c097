import { describe, expect, it } from "vitest";
import { comfyUiConfig } from "./comfyui-config.ts";
import { errorOfExecution } from "./execution-error.ts";
import { collectOutputs } from "./outputs.ts";
import { readEnd } from "./prompt-end.ts";

describe("collectOutputs", () => {
  it("takes every file, whatever the key that names it", () => {
    const outputs = {
      "7": { images: [{ filename: "a.png", subfolder: "job", type: "output" }], animated: [false] },
      "8": { images: [{ filename: "b.mp4", subfolder: "", type: "output" }], animated: [true] },
      "9": { gifs: [{ filename: "c.webm", subfolder: "v", type: "temp", format: "video/webm", frame_rate: 16 }] },
      "10": { audio: [{ filename: "d.flac", subfolder: "", type: "output" }] },
      "11": { text: ["words"], unfinished_batch: [true] },
      "12": { "3d": [{ filename: "e.glb", subfolder: "", type: "output" }] },
    };
    const found = collectOutputs(outputs).map(({ filename, kind }) => `${filename} ${kind}`);
    expect(found.sort()).toEqual(["a.png image", "b.mp4 video", "c.webm video", "d.flac audio", "e.glb other"]);
    expect(collectOutputs(undefined)).toEqual([]);
  });
});

describe("readEnd", () => {
  const entry = (status_str: string, ...messages: [string, object][]) => ({
    prompt: [1, "id", { "1": {}, "2": {} }],
    outputs: {},
    status: { status_str, completed: status_str === "success", messages },
  });
  const start: [string, object] = ["execution_start", { timestamp: 1_000 }];

  it("tells an interruption from a failure, and both from a success", () => {
    expect(readEnd(entry("error", start, ["execution_interrupted", { timestamp: 4_000 }]))).toEqual({
      kind: "interrupted",
      seconds: 3,
    });
    const failure = {
      timestamp: 2_500,
      node_type: "KSampler",
      exception_type: "ValueError",
      exception_message: "no\n",
    };
    expect(readEnd(entry("error", start, ["execution_error", failure]))).toMatchObject({
      kind: "failed",
      seconds: 1.5,
      failure: { nodeType: "KSampler", exceptionType: "ValueError", message: "no" },
    });
    expect(readEnd(entry("success", start, ["execution_success", { timestamp: 1_000 }]))).toMatchObject({
      kind: "succeeded",
      isCached: false,
    });
  });

  it("sees that nothing had to run", () => {
    expect(readEnd(entry("success", ["execution_cached", { nodes: ["1", "2"] }]))).toMatchObject({ isCached: true });
    expect(readEnd(entry("success", ["execution_cached", { nodes: ["1"] }]))).toMatchObject({ isCached: false });
  });

  it("reads an entry that is not as it should be as a failure or a success without files", () => {
    expect(readEnd(null)).toMatchObject({ kind: "succeeded", outputs: [] });
    expect(readEnd({ status: { status_str: "error" } })).toMatchObject({ kind: "failed" });
  });
});

describe("errorOfExecution", () => {
  it.each([
    ["torch.OutOfMemoryError", "Allocation on device 0", "transient", "out-of-memory"],
    ["torch.cuda.OutOfMemoryError", "CUDA out of memory", "transient", "out-of-memory"],
    ["RuntimeError", "CUDA error: out of memory", "transient", "out-of-memory"],
    ["OSError", "connection reset", "transient", "execution-failed"],
    ["FileNotFoundError", "no such file", "permanent", "execution-failed"],
    ["ValueError", "shapes do not match", "permanent", "execution-failed"],
  ])("takes %s (%s) for %s", (exceptionType, message, errorClass, code) => {
    const failure = { node: "6", nodeType: "TrainLoraNode", exceptionType, message, traceback: [] };
    const error = errorOfExecution(failure, "gpu:8188");
    expect(error).toMatchObject({ errorClass, code });
    expect(error.message).toContain("TrainLoraNode");
  });
});

describe("comfyUiConfig", () => {
  const read = (env: Record<string, string>) => comfyUiConfig.options(comfyUiConfig.env.parse(env));

  it("looks for ComfyUI at its usual place when nobody says where it is", () => {
    expect(read({})).toMatchObject({
      servers: [{ url: "http://localhost:8188/", headers: {} }],
      isSet: false,
      maxJobs: 1,
      trainingTimeoutSeconds: 3600,
      generationTimeoutSeconds: 3600,
    });
  });

  it("takes several servers, and moves credentials from their addresses into headers", () => {
    const options = read({
      COMFYUI_API_URL: "https://me:pass%20word@gpu.example/comfy, http://127.0.0.1:8189",
      COMFYUI_API_KEY: "k3y",
      COMFYUI_AUTH_HEADER: "X-Api-Key",
    });
    expect(options.isSet).toBe(true);
    expect(options.servers).toEqual([
      {
        url: "https://gpu.example/comfy",
        headers: { Authorization: `Basic ${Buffer.from("me:pass word").toString("base64")}`, "X-Api-Key": "k3y" },
      },
      { url: "http://127.0.0.1:8189/", headers: { "X-Api-Key": "k3y" } },
    ]);
    expect(read({ COMFYUI_API_KEY: "k3y" }).servers[0]?.headers).toEqual({ Authorization: "Bearer k3y" });
  });

  it("wants HTTPS for everything that is not this machine", () => {
    expect(() => read({ COMFYUI_API_URL: "http://gpu.example:8188" })).toThrow(/must be https/);
  });
});
