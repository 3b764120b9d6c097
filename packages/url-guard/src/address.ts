import { BlockList, isIP, isIPv4 } from "node:net";

/** Why an address may not be asked for files. `link-local` holds the metadata services of clouds. */
export type AddressClass = "public" | "private" | "link-local" | "unusable";

type Range = readonly [network: string, prefix: number];

/** IANA's special-purpose registries of both families (RFC 6890 and later), as of 2025. */
const PRIVATE_V4: readonly Range[] = [
  ["10.0.0.0", 8],
  ["100.64.0.0", 10],
  ["127.0.0.0", 8],
  ["172.16.0.0", 12],
  ["192.168.0.0", 16],
  ["198.18.0.0", 15],
];
const UNUSABLE_V4: readonly Range[] = [
  ["0.0.0.0", 8],
  ["192.0.0.0", 24],
  ["192.0.2.0", 24],
  ["192.88.99.0", 24],
  ["198.51.100.0", 24],
  ["203.0.113.0", 24],
  ["224.0.0.0", 4],
  ["240.0.0.0", 4],
];
const LINK_LOCAL_V4: readonly Range[] = [["169.254.0.0", 16]];
/** Only 2000::/3 is routed at all, and of it not tunnels (which would lead to any IPv4 address) and examples. */
const GLOBAL_V6: readonly Range[] = [["2000::", 3]];
const UNUSABLE_V6: readonly Range[] = [
  ["2001::", 23],
  ["2001:db8::", 32],
  ["2002::", 16],
  ["3fff::", 20],
];
const PRIVATE_V6: readonly Range[] = [
  ["::1", 128],
  ["fc00::", 7],
];
/** fd00:ec2::254 is the metadata service of one cloud, in a private range. */
const LINK_LOCAL_V6: readonly Range[] = [
  ["fe80::", 10],
  ["fd00:ec2::254", 128],
];

const v4 = {
  linkLocal: listOf(LINK_LOCAL_V4, "ipv4"),
  private: listOf(PRIVATE_V4, "ipv4"),
  unusable: listOf(UNUSABLE_V4, "ipv4"),
};
const v6 = {
  linkLocal: listOf(LINK_LOCAL_V6, "ipv6"),
  private: listOf(PRIVATE_V6, "ipv6"),
  unusable: listOf(UNUSABLE_V6, "ipv6"),
  global: listOf(GLOBAL_V6, "ipv6"),
};

function listOf(ranges: readonly Range[], family: "ipv4" | "ipv6"): BlockList {
  const list = new BlockList();
  for (const [network, prefix] of ranges) list.addSubnet(network, prefix, family);
  return list;
}

/** What an IP address, of either family and in any notation, stands for. IPv4 inside IPv6 counts as what it holds. */
export function classifyAddress(address: string): AddressClass {
  const plain = address.replace(/^\[|\]$/g, "").replace(/%.*$/, "");
  if (isIP(plain) === 0) return "unusable";
  if (isIPv4(plain)) return classifyV4(plain);
  const inner = embeddedV4(plain);
  if (inner !== null) return classifyV4(inner);
  if (v6.linkLocal.check(plain, "ipv6")) return "link-local";
  if (v6.private.check(plain, "ipv6")) return "private";
  return v6.global.check(plain, "ipv6") && !v6.unusable.check(plain, "ipv6") ? "public" : "unusable";
}

function classifyV4(address: string): AddressClass {
  if (v4.linkLocal.check(address)) return "link-local";
  if (v4.private.check(address)) return "private";
  return v4.unusable.check(address) ? "unusable" : "public";
}

/** The IPv4 address in ::ffff:0:0/96 (mapped), ::/96 (compatible) and 64:ff9b::/96 (NAT64), else null. */
function embeddedV4(address: string): string | null {
  const groups = groupsOf(address);
  const [high = 0, low = 0] = groups.slice(6);
  const prefix = groups
    .slice(0, 6)
    .map((group) => group.toString(16))
    .join(":");
  const embeds =
    prefix === "0:0:0:0:0:ffff" || prefix === "64:ff9b:0:0:0:0" || (prefix === "0:0:0:0:0:0" && high !== 0);
  return embeds ? [high >>> 8, high & 255, low >>> 8, low & 255].join(".") : null;
}

/** The eight groups of a valid IPv6 address; the URL parser normalises every notation. */
function groupsOf(address: string): number[] {
  const normal = new URL(`http://[${address}]/`).hostname.slice(1, -1);
  const [head = "", tail] = normal.split("::");
  const parse = (text: string) => (text === "" ? [] : text.split(":").map((group) => Number.parseInt(group, 16)));
  if (tail === undefined) return parse(head);
  const [first, last] = [parse(head), parse(tail)];
  return [...first, ...Array<number>(8 - first.length - last.length).fill(0), ...last];
}
