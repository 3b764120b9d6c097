import { describe, expect, test } from "vitest";
import { buildOverlay } from "./build-overlay.ts";
import { type Connection, type Host, mayConnect, type Pod, readPolicies } from "./network-policies.ts";
import { SERVICE_APPS } from "./service-apps.ts";

const manifests = buildOverlay("production-gpu");
const policies = readPolicies(manifests ?? []);

const mill = { name: "loramill", labels: {} };
const ours = (app: string): Pod => ({
  namespace: mill,
  labels: { app, "app.kubernetes.io/part-of": "loramill" },
  ip: "10.1.0.1",
  ports: { http: 7860, metrics: 9464, agent: 8690 },
});
const podIn = (namespace: string, labels: Record<string, string> = {}, ip = "10.2.0.2"): Pod => ({
  namespace: { name: namespace, labels },
  labels: { app: "something" },
  ip,
});
const host = (ip: string): Host => ({ ip });
const bothNetworks = [{ blocksArePods: true }, { blocksArePods: false }];
const workers = [...SERVICE_APPS, "migrate", "gpu-agent"];

describe.skipIf(manifests === null).each(bothNetworks)(
  "in a network where blocksArePods is $blocksArePods",
  (network) => {
    const may = (connection: Connection) => mayConnect(policies, connection, network);

    test.each(workers)("%s reaches what it works with, wherever that is", (app) => {
      const from = ours(app);
      for (const to of [
        podIn("databases"),
        { ...podIn("loramill"), namespace: { name: "another", labels: {} } },
        host("52.1.2.3"),
        host("192.168.7.7"),
        host("2600:1f18::7"),
      ]) {
        for (const port of [443, 5432, 6379, 8333])
          expect(may({ from, to, port }), JSON.stringify([to, port])).toBe(true);
      }
    });

    test.each(workers)("%s can look names up: from the cluster's pods, or a cache of its node", (app) => {
      for (const to of [podIn("kube-system"), host("169.254.20.10"), host("169.254.25.10"), host("10.96.0.10")]) {
        for (const protocol of ["UDP", "TCP"] as const)
          expect(may({ from: ours(app), to, port: 53, protocol })).toBe(true);
      }
    });

    test.each(workers)("%s cannot ask the cloud for its credentials", (app) => {
      for (const ip of ["169.254.169.254", "169.254.170.2", "fd00:ec2::254", "fd20:ce::254", "100.100.100.200"]) {
        expect(may({ from: ours(app), to: host(ip), port: 80 }), ip).toBe(false);
      }
      expect(may({ from: ours(app), to: host("169.254.20.10"), port: 80 })).toBe(false);
    });

    test("only who is named comes in: clients to the API, Prometheus to metrics, who trains and plans to agents", () => {
      const ingress = podIn("ingress", { "loramill.dev/clients": "true" });
      const prometheus = podIn("monitoring", { "loramill.dev/metrics": "true" });
      const stranger = podIn("default");
      expect(may({ from: ingress, to: ours("api"), port: 7860 })).toBe(true);
      expect(may({ from: prometheus, to: ours("api"), port: 7860 })).toBe(true);
      expect(may({ from: prometheus, to: ours("trainer"), port: 9464 })).toBe(true);
      for (const app of ["trainer", "api"])
        expect(may({ from: ours(app), to: ours("gpu-agent"), port: 8690 })).toBe(true);
      expect(may({ from: ours("curator"), to: ours("gpu-agent"), port: 8690 })).toBe(false);
      expect(may({ from: ingress, to: ours("trainer"), port: 9464 })).toBe(false);
      for (const app of workers) {
        for (const port of [7860, 9464, 8690, 22]) {
          for (const from of [stranger, host("52.1.2.3")]) expect(may({ from, to: ours(app), port }), app).toBe(false);
        }
      }
    });
  },
);
