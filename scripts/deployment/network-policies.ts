import { BlockList, isIPv6 } from "node:net";
import { z } from "zod";

const Selector = z.object({ matchLabels: z.record(z.string(), z.string()).default({}) });
const Peer = z.object({
  namespaceSelector: Selector.optional(),
  podSelector: Selector.optional(),
  ipBlock: z.object({ cidr: z.string(), except: z.array(z.string()).default([]) }).optional(),
});
const Ports = z.array(z.object({ port: z.union([z.string(), z.int()]), protocol: z.enum(["TCP", "UDP"]) }));
const Policy = z.object({
  metadata: z.object({ namespace: z.string() }),
  spec: z.object({
    podSelector: Selector,
    policyTypes: z.array(z.enum(["Ingress", "Egress"])),
    ingress: z.array(z.object({ from: z.array(Peer).optional(), ports: Ports.optional() })).default([]),
    egress: z.array(z.object({ to: z.array(Peer).optional(), ports: Ports.optional() })).default([]),
  }),
});
export type NetworkPolicy = z.output<typeof Policy>;

type Labels = Readonly<Record<string, string>>;

export interface Pod {
  readonly namespace: { readonly name: string; readonly labels: Labels };
  readonly labels: Labels;
  readonly ip: string;
  /** By the names that policies may use. */
  readonly ports?: Readonly<Record<string, number>>;
}
/** A machine that is no pod. */
export interface Host {
  readonly ip: string;
}
export interface Connection {
  readonly from: Pod | Host;
  readonly to: Pod | Host;
  readonly port: number;
  readonly protocol?: "TCP" | "UDP";
}

/** Reads the policies among some manifests. */
export const readPolicies = (manifests: readonly { readonly kind: string }[]): NetworkPolicy[] =>
  manifests.filter(({ kind }) => kind === "NetworkPolicy").map((manifest) => Policy.parse(manifest));

/**
 * Whether policies let a connection come about, as Kubernetes defines them: a pod that no policy of a direction selects may do
 * anything in it, another what one of them allows; both ends must agree. `blocksArePods`: whether ranges of addresses mean pods
 * too, which Kubernetes leaves to the network (Calico: yes, Cilium: no).
 */
export function mayConnect(
  policies: readonly NetworkPolicy[],
  { from, to, port, protocol = "TCP" }: Connection,
  { blocksArePods }: { readonly blocksArePods: boolean },
): boolean {
  const meansPort = (ports: z.output<typeof Ports> | undefined): boolean =>
    ports === undefined ||
    ports.some(
      (one) =>
        one.protocol === protocol && (one.port === port || ("labels" in to && to.ports?.[String(one.port)] === port)),
    );
  const meansPeer = (peers: readonly z.output<typeof Peer>[] | undefined, other: Pod | Host, own: string): boolean =>
    peers === undefined ||
    peers.some(({ ipBlock, namespaceSelector, podSelector }) => {
      if (ipBlock !== undefined) {
        return (
          (blocksArePods || !("labels" in other)) &&
          isWithin(other.ip, ipBlock.cidr) &&
          !ipBlock.except.some((range) => isWithin(other.ip, range))
        );
      }
      if (!("labels" in other)) return false;
      const isThere =
        namespaceSelector === undefined
          ? other.namespace.name === own
          : fits(namespaceSelector, other.namespace.labels);
      return isThere && (podSelector === undefined || fits(podSelector, other.labels));
    });
  const selecting = (pod: Pod | Host, type: "Ingress" | "Egress"): readonly NetworkPolicy[] =>
    policies.filter(
      ({ metadata, spec }) =>
        "labels" in pod &&
        metadata.namespace === pod.namespace.name &&
        spec.policyTypes.includes(type) &&
        fits(spec.podSelector, pod.labels),
    );
  const out = selecting(from, "Egress");
  const into = selecting(to, "Ingress");
  return (
    (out.length === 0 ||
      out.some(({ metadata, spec }) =>
        spec.egress.some((rule) => meansPort(rule.ports) && meansPeer(rule.to, to, metadata.namespace)),
      )) &&
    (into.length === 0 ||
      into.some(({ metadata, spec }) =>
        spec.ingress.some((rule) => meansPort(rule.ports) && meansPeer(rule.from, from, metadata.namespace)),
      ))
  );
}

const fits = ({ matchLabels }: z.output<typeof Selector>, labels: Labels): boolean =>
  Object.entries(matchLabels).every(([key, value]) => labels[key] === value);

function isWithin(ip: string, cidr: string): boolean {
  const [net = "", prefix = ""] = cidr.split("/");
  if (isIPv6(ip) !== isIPv6(net)) return false;
  const type = isIPv6(ip) ? "ipv6" : "ipv4";
  const list = new BlockList();
  list.addSubnet(net, Number(prefix), type);
  return list.check(ip, type);
}
