import { expect, test } from "vitest";
import { checkManifest } from "./manifest-schemas.ts";

const scaled = (spec: object, more: object = {}) => ({
  apiVersion: "keda.sh/v1alpha1",
  kind: "ScaledObject",
  metadata: { name: "trainer", namespace: "loramill" },
  spec: {
    scaleTargetRef: { name: "trainer" },
    triggers: [{ type: "prometheus", metadata: { threshold: "1" } }],
    ...spec,
  },
  ...more,
});
const budget = (spec: object) => ({
  apiVersion: "policy/v1",
  kind: "PodDisruptionBudget",
  metadata: { name: "api", namespace: "loramill" },
  spec,
});

test.each([
  ["a key that KEDA does not know", scaled({ maxReplicas: 3 }), "spec.maxReplicas: is not known"],
  ["a key deep inside", scaled({ fallback: { failureThreshold: 3, replica: 1 } }), "spec.fallback.replica"],
  [
    "a number where metadata takes text",
    scaled({ triggers: [{ type: "x", metadata: { threshold: 1 } }] }),
    "expected string",
  ],
  ["what is missing", scaled({ triggers: undefined }), "triggers"],
  ["a key beside spec", scaled({}, { status: {}, specs: {} }), "specs"],
  [
    "a core kind's unknown key",
    budget({ maxUnavailable: 1, selector: { matchLabels: { app: "api" } }, min: 1 }),
    "min",
  ],
  ["a kind that nobody described", { apiVersion: "v1", kind: "Pod", metadata: {} }, "v1 Pod"],
])("finds %s", (_what, manifest, problem) => {
  expect(checkManifest(manifest).join("\n")).toContain(problem);
});

test("takes what is right", () => {
  expect(checkManifest(scaled({ minReplicaCount: 0, fallback: { failureThreshold: 3, replicas: 1 } }))).toEqual([]);
  expect(checkManifest(budget({ maxUnavailable: 1, selector: { matchLabels: { app: "api" } } }))).toEqual([]);
});
