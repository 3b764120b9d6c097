import { describe, expect, it } from "vitest";
import { answerProblems, matchOperation, requestProblems } from "./runpod-openapi.ts";

const pod = {
  name: "lm-a",
  image: "registry.example/trainer:1",
  gpu: { id: "NVIDIA GeForce RTX 4090", count: 1 },
  cloud: "SECURE",
  dataCenterIds: ["US-KS-2"],
  disk: 60,
  mounts: { network: [{ volumeId: "vol123", path: "/workspace" }] },
  ports: ["8675/http", "22/tcp"],
  env: { JOB_ID: "1" },
};
const create = (change: object) => requestProblems("POST /v2/pods", new URLSearchParams(), { ...pod, ...change });

describe("RunPod's document", () => {
  it("knows its operations by method and path", () => {
    expect(matchOperation("GET", "/v2/pods/pod%201")).toEqual({ route: "GET /v2/pods/{id}", id: "pod 1" });
    expect(matchOperation("PUT", "/v2/pods/pod1")).toBeNull();
  });

  it("has nothing against a right request", () => {
    expect(create({})).toEqual([]);
  });

  it.each([
    ["an unknown field", { interruptible: true }],
    ["a cloud that is none", { cloud: "ALL" }],
    ["no name", { name: undefined }],
    ["no image and no template", { image: undefined }],
    ["two network volumes", { mounts: { network: [pod.mounts.network[0], pod.mounts.network[0]] } }],
    ["an environment of numbers", { env: { A: 1 } }],
    ["a disk of nothing", { disk: 0 }],
  ])("refuses %s", (_, change) => {
    expect(
      create(JSON.parse(JSON.stringify(change, (_key, value) => (value === undefined ? null : value)))),
    ).not.toEqual([]);
  });

  it("refuses a query that the vendor does not read", () => {
    expect(requestProblems("GET /v2/pods", new URLSearchParams("name=lm-a"), undefined)).toEqual([
      "query name: not known",
    ]);
  });

  it("holds answers against it too", () => {
    expect(answerProblems("GET /v2/pods", 200, { pods: [] })).toEqual([]);
    expect(answerProblems("GET /v2/pods", 200, [])).not.toEqual([]);
    expect(answerProblems("GET /v2/pods", 201, {})).not.toEqual([]);
  });
});
