import { join } from "node:path";
import { parseAllDocuments } from "yaml";
import { runSystemProgram } from "./system-program.ts";

const root = join(import.meta.dirname, "../..");

interface Trigger {
  readonly name: string;
  readonly metadata: { readonly query: string; readonly ignoreNullValues: string; readonly serverAddress: string };
}
interface Container {
  readonly name: string;
  readonly args: readonly string[];
  readonly envFrom: readonly {
    readonly configMapRef?: { readonly name: string };
    readonly secretRef?: { readonly name: string };
  }[];
  readonly env?: readonly { readonly name: string; readonly value?: string; readonly valueFrom?: object }[];
  readonly image: string;
  readonly resources: {
    readonly requests: Readonly<Record<string, string>>;
    readonly limits: Readonly<Record<string, string>>;
  };
  readonly securityContext: object;
  readonly livenessProbe?: object;
  readonly readinessProbe?: {
    readonly httpGet?: { readonly path: string };
    readonly periodSeconds?: number;
    readonly successThreshold?: number;
  };
  readonly ports?: readonly { readonly name: string; readonly containerPort: number }[];
}
export interface PodTemplate {
  readonly metadata: { readonly labels: Readonly<Record<string, string>> };
  readonly spec: {
    readonly terminationGracePeriodSeconds: number;
    readonly securityContext: object;
    readonly containers: readonly Container[];
  };
}
/** The part of a manifest that tests look at. */
export interface Manifest {
  readonly kind: string;
  readonly metadata: {
    readonly name: string;
    readonly namespace: string;
    readonly labels?: Readonly<Record<string, string>>;
  };
  readonly data: Readonly<Record<string, string>>;
  readonly spec: {
    readonly replicas?: number;
    readonly selector: { readonly matchLabels: object };
    readonly minReplicaCount: number;
    readonly scaleTargetRef: { readonly name: string };
    readonly triggers: readonly Trigger[];
    readonly groups: unknown;
    readonly template: PodTemplate;
    readonly jobTargetRef: { readonly backoffLimit: number; readonly template: PodTemplate };
    readonly rollout: object;
    readonly scalingStrategy: object;
    readonly clusterIP?: string;
    readonly publishNotReadyAddresses?: boolean;
    readonly pollingInterval?: number;
    readonly podMetricsEndpoints: readonly { readonly interval: string }[];
    readonly ports: readonly { readonly port: number }[];
  };
}

/** What an overlay makes, as `kubectl kustomize` prints it; null, after one loud line, where there is no kubectl. Throws its words. */
export function buildOverlay(overlay: string): readonly Manifest[] | null {
  const answer = runSystemProgram("kubectl", ["kustomize", `k8s/overlays/${overlay}`], root);
  if (answer === null) return null;
  if (answer.code !== 0) throw new Error(answer.output);
  return parseAllDocuments(answer.output).map((document) => document.toJS() as Manifest);
}
