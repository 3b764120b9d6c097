import { readFileSync } from "node:fs";
import { join } from "node:path";
import { z } from "zod";
import { checkStructure, type StructuralSchema } from "./check-structure.ts";

/** Custom resource definitions as their projects publish them, without descriptions. */
function definitions<K extends string>(file: string): Readonly<Record<K, StructuralSchema>> {
  return JSON.parse(readFileSync(join(import.meta.dirname, "fixtures", file), "utf8"));
}

/**
 * KEDA's (config/crd/bases of kedacore/keda, 20 August 2026). That of ScaledJob holds Kubernetes' own schema of a job and
 * of its pods, which every pod of ours is checked by.
 */
const keda = definitions<"ScaledObject" | "ScaledJob" | "TriggerAuthentication">("keda-crds.json");
/** Those of the Prometheus operator 0.93 (example/prometheus-operator-crd, 8 August 2026). */
const operator = definitions<"PodMonitor" | "ServiceMonitor" | "PrometheusRule">("prometheus-operator-crds.json");
const jobSpec = part(keda.ScaledJob, "spec", "jobTargetRef");
const podTemplate = part(jobSpec, "template");

function part(schema: StructuralSchema, ...path: readonly string[]): StructuralSchema {
  return path.reduce((at, key) => {
    const next = at.properties?.[key];
    if (next === undefined) throw new Error(`the schema has no ${path.join(".")}`);
    return next;
  }, schema);
}

const structural = (schema: StructuralSchema) =>
  z.unknown().superRefine((value, context) => {
    for (const message of checkStructure(schema, value)) context.addIssue({ code: "custom", message });
  });

const Labels = z.record(z.string(), z.string());
const Metadata = z.strictObject({
  name: z.string().regex(/^[a-z0-9]([-a-z0-9]{0,61}[a-z0-9])?$/),
  namespace: z.string(),
  labels: Labels.optional(),
  annotations: Labels.optional(),
});
const Selector = z.strictObject({ matchLabels: Labels });
const Port = z.union([z.string(), z.int()]);
const Protocol = z.enum(["TCP", "UDP"]);

const manifest = <K extends string, V extends string, S extends z.ZodRawShape>(kind: K, apiVersion: V, rest: S) =>
  z.strictObject({ kind: z.literal(kind), apiVersion: z.literal(apiVersion), metadata: Metadata, ...rest });

const Peer = z.strictObject({
  namespaceSelector: z.strictObject({ matchLabels: Labels.optional() }).optional(),
  podSelector: Selector.optional(),
  ipBlock: z.strictObject({ cidr: z.string(), except: z.array(z.string()).optional() }).optional(),
});
const PolicyPorts = z.array(z.strictObject({ port: Port, protocol: Protocol })).optional();

/** What we use of each kind, and nothing else: a key that is not here is a mistake until it is added. */
const kinds = [
  manifest("Deployment", "apps/v1", {
    spec: z.strictObject({
      replicas: z.int().min(0).optional(),
      selector: Selector,
      strategy: z
        .strictObject({
          type: z.literal("RollingUpdate"),
          rollingUpdate: z.strictObject({ maxUnavailable: Port, maxSurge: Port }),
        })
        .optional(),
      template: structural(podTemplate),
    }),
  }),
  manifest("Job", "batch/v1", { spec: structural(jobSpec) }),
  manifest("Service", "v1", {
    spec: z.strictObject({
      clusterIP: z.literal("None").optional(),
      publishNotReadyAddresses: z.boolean().optional(),
      selector: Labels,
      ports: z.array(z.strictObject({ name: z.string(), port: z.int(), targetPort: Port })).min(1),
    }),
  }),
  manifest("ConfigMap", "v1", { data: Labels }),
  manifest("HorizontalPodAutoscaler", "autoscaling/v2", {
    spec: z.strictObject({
      scaleTargetRef: z.strictObject({ apiVersion: z.string(), kind: z.string(), name: z.string() }),
      minReplicas: z.int().min(1),
      maxReplicas: z.int().min(1),
      metrics: z.array(
        z.strictObject({
          type: z.literal("Resource"),
          resource: z.strictObject({
            name: z.enum(["cpu", "memory"]),
            target: z.strictObject({ type: z.literal("Utilization"), averageUtilization: z.int().min(1).max(100) }),
          }),
        }),
      ),
    }),
  }),
  manifest("PodDisruptionBudget", "policy/v1", {
    spec: z.strictObject({ maxUnavailable: Port, selector: Selector }),
  }),
  manifest("NetworkPolicy", "networking.k8s.io/v1", {
    spec: z.strictObject({
      podSelector: z.strictObject({ matchLabels: Labels.optional() }),
      policyTypes: z.array(z.enum(["Ingress", "Egress"])).min(1),
      ingress: z.array(z.strictObject({ from: z.array(Peer).optional(), ports: PolicyPorts })).optional(),
      egress: z.array(z.strictObject({ to: z.array(Peer).optional(), ports: PolicyPorts })).optional(),
    }),
  }),
  ...(["PodMonitor", "ServiceMonitor", "PrometheusRule"] as const).map((kind) =>
    manifest(kind, "monitoring.coreos.com/v1", { spec: structural(part(operator[kind], "spec")) }),
  ),
  ...(["ScaledObject", "ScaledJob"] as const).map((kind) =>
    manifest(kind, "keda.sh/v1alpha1", { spec: structural(part(keda[kind], "spec")) }),
  ),
];

/** What is wrong with a manifest as it would be sent to a cluster; empty when nothing is. */
export function checkManifest(value: unknown): string[] {
  const { apiVersion, kind } = z.looseObject({ apiVersion: z.string(), kind: z.string() }).parse(value);
  const schema = kinds.find(({ shape }) => shape.kind.value === kind && shape.apiVersion.value === apiVersion);
  if (schema === undefined) return [`nobody described ${apiVersion} ${kind}`];
  const { error } = schema.safeParse(value);
  return (error?.issues ?? []).map(({ path, message }) => `${kind} ${path.join(".")}${message}`);
}
