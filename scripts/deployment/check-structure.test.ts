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

const scaledJob = (spec: object) => ({
  apiVersion: "keda.sh/v1alpha1",
  kind: "ScaledJob",
  metadata: { name: "gpu-agent", namespace: "loramill" },
  spec: {
    jobTargetRef: { template: { spec: { containers: [{ name: "agent", image: "agent" }] } } },
    triggers: [{ type: "prometheus", metadata: { threshold: "1" } }],
    ...spec,
  },
});
const monitoring = (kind: string, spec: object) => ({
  apiVersion: "monitoring.coreos.com/v1",
  kind,
  metadata: { name: "api", namespace: "loramill" },
  spec,
});
const selector = { matchLabels: { app: "api" } };
const rule = (more: object) =>
  monitoring("PrometheusRule", { groups: [{ name: "g", rules: [{ alert: "A", expr: "up == 0", ...more }] }] });

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
  [
    "a key of a pod that a ScaledJob starts",
    scaledJob({ jobTargetRef: { template: { spec: { containers: [{ name: "agent", args: [], cmd: [] }] } } } }),
    "containers[0].cmd: is not known",
  ],
  ["a key of a ScaledJob's strategy", scaledJob({ scalingStrategy: { strategie: "accurate" } }), "strategie"],
  [
    "a key of a ServiceMonitor's endpoint",
    monitoring("ServiceMonitor", { selector, endpoints: [{ port: "http", frequency: "15s" }] }),
    "endpoints[0].frequency: is not known",
  ],
  ["a monitor without a selector", monitoring("PodMonitor", { podMetricsEndpoints: [] }), "selector: is missing"],
  ["a key of an alert", rule({ severity: "critical" }), "rules[0].severity: is not known"],
  ["an alert's time that is none", rule({ for: "five minutes" }), "does not match"],
  ["a kind that nobody described", { apiVersion: "v1", kind: "Pod", metadata: {} }, "v1 Pod"],
])("finds %s", (_what, manifest, problem) => {
  expect(checkManifest(manifest).join("\n")).toContain(problem);
});

test("takes what is right", () => {
  expect(checkManifest(scaled({ minReplicaCount: 0, fallback: { failureThreshold: 3, replicas: 1 } }))).toEqual([]);
  expect(checkManifest(budget({ maxUnavailable: 1, selector: { matchLabels: { app: "api" } } }))).toEqual([]);
  expect(checkManifest(scaledJob({ scalingStrategy: { strategy: "accurate" } }))).toEqual([]);
  expect(checkManifest(monitoring("PodMonitor", { selector, podMetricsEndpoints: [{ port: "metrics" }] }))).toEqual([]);
  expect(checkManifest(rule({ for: "5m" }))).toEqual([]);
});
