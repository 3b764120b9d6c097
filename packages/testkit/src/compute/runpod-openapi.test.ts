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
    ["a name that is null", { name: null }],
    ["two network volumes", { mounts: { network: [pod.mounts.network[0], pod.mounts.network[0]] } }],
    ["an environment of numbers", { env: { A: 1 } }],
    ["a disk of nothing", { disk: 0 }],
  ])("refuses %s", (_, change) => {
    // What is undefined is left out of it.
    const body = JSON.parse(JSON.stringify({ ...pod, ...change }));
    expect(requestProblems("POST /v2/pods", new URLSearchParams(), body)).not.toEqual([]);
  });

  it("refuses a query that the vendor does not read", () => {
    expect(requestProblems("GET /v2/pods", new URLSearchParams("name=lm-a"), undefined)).toEqual([
      "query name: not known",
    ]);
  });

  it.each([
    ["GET /v2/catalog/gpus", "include=AVAILABILITY&product=POD&cloud=SECURE", []],
    ["GET /v2/catalog/gpus", "include=STOCK", ["query include"]],
    ["GET /v2/catalog/gpus", "product=POD,HOUSE", ["query product"]],
    ["GET /v2/catalog/gpus", "count=none", ["query count"]],
    ["GET /v2/catalog/gpus", "count=0", ["query count"]],
    ["GET /v2/catalog/gpus", "count=1&count=2", ["query count: given 2 times"]],
    ["GET /v2/catalog/gpus", "countryCodes=FR,germany", ["query countryCodes"]],
    ["GET /v2/pods", "includeClusterPods=true", []],
    ["GET /v2/pods", "includeClusterPods=perhaps", ["query includeClusterPods"]],
    ["GET /v2/pods/{id}/logs", "source=kernel&tail=5001", ["query source", "query tail"]],
    ["GET /v2/billing/pods", "startTime=yesterday&bucketSize=minute", ["query startTime", "query bucketSize"]],
  ])("holds %s?%s against the values that it takes", (route, query, problems) => {
    const found = requestProblems(route, new URLSearchParams(query), undefined);
    expect(found).toHaveLength(problems.length);
    for (const [at, problem] of problems.entries()) expect(found[at]).toContain(problem);
  });

  it("holds answers against it too", () => {
    expect(answerProblems("GET /v2/pods", 200, { pods: [] })).toEqual([]);
    expect(answerProblems("GET /v2/pods", 200, [])).not.toEqual([]);
    expect(answerProblems("GET /v2/pods", 201, {})).not.toEqual([]);
    const refusal = { title: "Forbidden", status: 403, detail: "access denied" };
    expect(answerProblems("GET /v2/pods", 403, refusal)).toEqual([]);
    expect(answerProblems("GET /v2/pods", 403, { error: "access denied" })).not.toEqual([]);
  });
});
