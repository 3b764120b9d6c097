import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { queueNames } from "@loramill/contracts";
import { describeConfig } from "@loramill/runtime";
import { describe, expect, test } from "vitest";
import { parse } from "yaml";
import { findFragments } from "../config-docs/find-fragments.ts";
import { secretsOf } from "./app-variables.ts";
import { buildOverlay, type PodTemplate } from "./build-overlay.ts";
import { parseDockerfile } from "./dockerfile.ts";
import { knownMetrics, metricsIn } from "./known-metrics.ts";
import { checkManifest } from "./manifest-schemas.ts";
import { SERVICE_APPS } from "./service-apps.ts";

const root = join(import.meta.dirname, "../..");
/** States of `loramill_backlog_jobs`; the last two are among the parked ones. */
const STATES = ["waiting", "released", "active", "parked", "due", "starved"];
const rows = describeConfig(await findFragments(root));
const known = await knownMetrics();

describe.each(["dev", "production", "production-gpu"])("the overlay %s", (overlay) => {
  const manifests = buildOverlay(overlay);
  const missing = manifests === null;
  const ofKind = (kind: string) => (manifests ?? []).filter((manifest) => manifest.kind === kind);
  const [settings] = ofKind("ConfigMap");

  test.skipIf(missing)("holds manifests that Kubernetes, KEDA and the Prometheus operator know, key by key", () => {
    expect((manifests ?? []).flatMap(checkManifest)).toEqual([]);
    expect(new Set(manifests?.map(({ metadata }) => metadata.namespace)).size).toBe(1);
  });

  test.skipIf(missing)("runs every app from a file that is there, with its settings, and time to drain", () => {
    const shutdown = Number(rows.find(({ variable }) => variable === "SHUTDOWN_SECONDS")?.default);
    expect(shutdown).toBeGreaterThan(0);
    expect(ofKind("Deployment").map(({ metadata }) => metadata.name)).toEqual(SERVICE_APPS);
    for (const { metadata, spec } of [...ofKind("Deployment"), ...ofKind("Job")]) {
      const [container] = spec.template.spec.containers;
      expect(existsSync(join(root, container?.args[1] ?? "")), metadata.name).toBe(true);
      expect(container?.envFrom[0]?.configMapRef?.name, "kustomize has put in the name with the hash").toBe(
        settings?.metadata.name,
      );
      expect(spec.template.spec.terminationGracePeriodSeconds, metadata.name).toBeGreaterThan(shutdown);
      if (spec.selector) expect(spec.template.metadata.labels).toMatchObject(spec.selector.matchLabels);
    }
  });

  test.skipIf(missing)("sets only variables that our schemas know, and no secret", () => {
    const data = settings?.data ?? {};
    const find = (name: string) => rows.find(({ variable }) => variable === name);
    expect(Object.keys(data).filter((name) => find(name) === undefined)).toEqual([]);
    for (const name of ["DATABASE_URL", "QUEUE_URL"]) expect(data, "holds a password").not.toHaveProperty(name);
    expect(Object.keys(data).filter((name) => find(name)?.secret)).toEqual([]);
    expect(data.QUEUE_PREFIX, "one slot of a Redis Cluster").toMatch(/^\{[a-z-]+\}$/);
  });

  test.skipIf(missing)(
    "scales each worker by the work of its own queue, of which an answer is always known or missing",
    () => {
      const scalers = ofKind("ScaledObject");
      expect(scalers.map(({ spec }) => spec.scaleTargetRef.name)).toEqual(
        SERVICE_APPS.filter((app) => app !== "api" && app !== "dispatcher"),
      );
      for (const { metadata, spec } of scalers) {
        const source = readFileSync(join(root, `apps/${metadata.name}/src/worker.ts`), "utf8");
        const queue = /queue: "([a-z]+)"/.exec(source)?.[1];
        expect(queueNames).toContain(queue);
        for (const { metadata: trigger } of spec.triggers) {
          expect(trigger.query).toContain(`loramill_backlog_jobs{queue="${queue}",`);
          expect(trigger.query).toMatch(/ or 0 \* sum\(loramill_dispatcher_leads == 1\)$/);
          expect(trigger.ignoreNullValues).toBe("false");
          expect(metricsIn(trigger.query).filter((name) => !known.has(name))).toEqual([]);
          const states = /state=~"([a-z|]+)"/.exec(trigger.query)?.[1]?.split("|") ?? [];
          for (const state of states) expect(STATES).toContain(state);
        }
        const [work, open] = spec.triggers;
        expect(work?.metadata.query).toContain("waiting|released|due|active");
        if (metadata.name === "provisioner") expect(spec.minReplicaCount, "leases are renewed").toBe(1);
        if (metadata.name === "trainer") expect(open?.metadata.query).toMatch(/^clamp_max\(.*parked.*, 1\) or/);
      }
    },
  );

  test.skipIf(missing)(
    "asks for what each pod needs, lets it be no root and gain no rights, and looks whether it lives",
    () => {
      const templates: PodTemplate[] = [...ofKind("Deployment"), ...ofKind("Job")].map(({ spec }) => spec.template);
      const scaled = ofKind("ScaledJob").map(({ spec }) => spec.jobTargetRef.template);
      for (const { spec } of [...templates, ...scaled]) {
        expect(spec).toMatchObject({ automountServiceAccountToken: false, securityContext: { runAsNonRoot: true } });
        for (const { name, resources, securityContext, livenessProbe, readinessProbe } of spec.containers) {
          expect(Object.keys(resources.requests).sort(), name).toEqual(["cpu", "ephemeral-storage", "memory"]);
          expect(Object.keys(resources.limits), name).toContain("memory");
          expect(securityContext).toMatchObject({ allowPrivilegeEscalation: false, readOnlyRootFilesystem: true });
          if (name !== "migrate") expect(livenessProbe && readinessProbe, name).toBeDefined();
        }
      }
    },
  );

  test.skipIf(missing)("has a disruption budget for each app, and the alerts of infra/prometheus", () => {
    expect(ofKind("PodDisruptionBudget").map(({ metadata }) => metadata.name)).toEqual(SERVICE_APPS);
    const [rule] = ofKind("PrometheusRule");
    const alerts = parse(readFileSync(join(root, "infra/prometheus/alerts.yaml"), "utf8"));
    expect(rule?.spec.groups).toEqual(alerts.groups);
  });
});

describe("Prometheus", () => {
  const manifests = buildOverlay("production-gpu");

  test.skipIf(manifests === null)("is asked at one address, which the guide tells to replace", () => {
    const text = JSON.stringify(manifests);
    const addresses = new Set([...text.matchAll(/"serverAddress":"([^"]+)"/g)].map(([, address = ""]) => address));
    expect([...addresses]).toEqual(["http://prometheus-operated.monitoring.svc:9090"]);
    expect(readFileSync(join(root, "docs/deployment.md"), "utf8")).toContain(`sed 's#${[...addresses][0]}#`);
  });

  test.skipIf(manifests === null)("finds what bears the label of its release", () => {
    const seen = manifests?.filter(({ kind }) => ["PodMonitor", "ServiceMonitor", "PrometheusRule"].includes(kind));
    expect(seen?.length).toBe(3);
    for (const { metadata, spec } of seen ?? []) {
      expect(metadata.labels).toMatchObject({ release: "kube-prometheus-stack" });
      expect(Object.keys(spec).length, "the patch kept the rest").toBeGreaterThan(0);
    }
  });
});

describe("secrets", () => {
  const manifests = buildOverlay("production");
  const named = (app: string): readonly string[] => {
    const deployment = manifests?.find(({ kind, metadata }) => kind === "Deployment" && metadata.name === app);
    const [container] = deployment?.spec.template.spec.containers ?? [];
    return container?.envFrom.flatMap(({ secretRef }) => (secretRef ? [secretRef.name] : [])) ?? [];
  };
  /** What docs/deployment.md says each Secret may hold: the rows of its table. */
  const documented = new Map(
    [...readFileSync(join(root, "docs/deployment.md"), "utf8").matchAll(/^\| `(loramill-[a-z]+)` \|.*\|(.*)\|$/gm)].map(
      ([, secret = "", cell = ""]) => [secret, [...cell.matchAll(/`([A-Z0-9_]+)`/g)].map(([, name = ""]) => name)],
    ),
  );

  test.skipIf(manifests === null)(
    "reach every app that reads them, from the Secrets that the guide tells to make",
    () => {
      for (const app of SERVICE_APPS) {
        const had = new Set(named(app).flatMap((secret) => documented.get(secret) ?? []));
        expect(
          secretsOf(app).filter((variable) => !had.has(variable)),
          app,
        ).toEqual([]);
      }
      expect([...documented.keys()].sort()).toEqual([...new Set(SERVICE_APPS.flatMap(named))].sort());
    },
  );

  test.skipIf(manifests === null)("are mounted nowhere without a use", () => {
    for (const app of SERVICE_APPS) {
      const read = secretsOf(app);
      for (const secret of named(app)) {
        expect(
          documented.get(secret)?.some((variable) => read.includes(variable)),
          `${secret} in ${app}`,
        ).toBe(true);
      }
    }
    expect(SERVICE_APPS.filter((app) => named(app).includes("loramill-provider"))).toEqual(["provisioner"]);
  });
});

describe("agents on the cluster's GPUs", () => {
  const manifests = buildOverlay("production-gpu");
  const named = (kind: string, name: string) =>
    manifests?.find((manifest) => manifest.kind === kind && manifest.metadata.name === name);
  const job = named("ScaledJob", "gpu-agent");
  const settings = manifests?.find(({ kind }) => kind === "ConfigMap")?.data ?? {};

  test.skipIf(manifests === null)("start for trainings that no machine could take, and are left to end", () => {
    expect(job?.spec.scalingStrategy).toEqual({ strategy: "accurate", pendingPodConditions: ["Ready"] });
    expect(job?.spec.rollout).toEqual({ strategy: "gradual" });
    expect(job?.spec.jobTargetRef).toMatchObject({ parallelism: 1, completions: 1, backoffLimit: 0 });
    const [trigger] = job?.spec.triggers ?? [];
    expect(trigger?.metadata).toMatchObject({ threshold: "1", ignoreNullValues: "false" });
    expect(trigger?.metadata.query).toMatch(
      /^sum\(loramill_backlog_jobs{queue="train",state="starved"}\) or 0 \* sum\(loramill_dispatcher_leads == 1\)$/,
    );
    const [container] = job?.spec.jobTargetRef.template.spec.containers ?? [];
    expect(container?.env).toContainEqual({ name: "AGENT_TRAININGS", value: "1" });
    const secrets = container?.env?.filter(({ valueFrom }) => valueFrom).map(({ name }) => name);
    expect(secrets).toEqual(["AGENT_TOKEN"]);
    for (const { name } of container?.env ?? []) expect(rows.map(({ variable }) => variable)).toContain(name);
    expect(container?.resources.limits["nvidia.com/gpu"]).toBe("1");
    const { terminationGracePeriodSeconds } = job?.spec.jobTargetRef.template.spec ?? {};
    const graceSeconds = Number(container?.env?.find(({ name }) => name === "AGENT_GRACE_SECONDS")?.value);
    expect(graceSeconds, "uses the time that it has").toBeGreaterThan(30);
    expect(graceSeconds).toBeLessThan(terminationGracePeriodSeconds ?? 0);
    expect(container?.securityContext).toMatchObject({ allowPrivilegeEscalation: false, readOnlyRootFilesystem: true });
    const images = parseDockerfile(readFileSync(join(root, "infra/docker/gpu.Dockerfile"), "utf8")).stages;
    const target = /^loramill\/gpu-([a-z-]+):\d/.exec(container?.image ?? "")?.[1];
    expect(images.map(({ name }) => name)).toContain(target);
    expect(settings.AGENT_TRAINERS).toBe(target);
  });

  test.skipIf(manifests === null)(
    "count as coming until they have had a training for longer than the backlog takes to show it",
    () => {
      const [container] = job?.spec.jobTargetRef.template.spec.containers ?? [];
      const { httpGet, periodSeconds = 0, successThreshold = 1 } = container?.readinessProbe ?? {};
      expect(httpGet?.path).toBe("/readyz");
      const [monitor] = named("PodMonitor", "loramill")?.spec.podMetricsEndpoints ?? [];
      const staleSeconds = Number.parseInt(monitor?.interval ?? "", 10) + (job?.spec.pollingInterval ?? 0);
      expect(periodSeconds * successThreshold).toBeGreaterThan(1.5 * staleSeconds);
      expect(named("Service", "gpu-agents")?.spec.publishNotReadyAddresses).toBe(true);
    },
  );

  test.skipIf(manifests === null)("are found by the workers under a name that has the address of each", () => {
    const service = named("Service", "gpu-agents");
    expect(service?.spec.clusterIP).toBe("None");
    expect(job?.spec.jobTargetRef.template.metadata.labels).toMatchObject(service?.spec.selector ?? {});
    expect(settings.AGENT_DNS_NAME).toBe(`${service?.metadata.name}:${service?.spec.ports[0]?.port}`);
    expect(String(service?.spec.ports[0]?.port)).toBe(rows.find(({ variable }) => variable === "AGENT_PORT")?.default);
  });
});
