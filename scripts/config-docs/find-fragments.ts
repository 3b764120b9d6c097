import { globSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import type { describeConfig } from "@loramill/runtime";

type Parts = Parameters<typeof describeConfig>[0];
type Fragment = Parts[string];

/** Headings by workspace, in the order of the documentation; a workspace that is not here comes last, by its name. */
const HEADINGS: Readonly<Record<string, string>> = {
  runtime: "This machine and other services",
  catalog: "Catalog",
  queue: "Queue",
  storage: "Object store and sources",
  api: "API",
  backends: "Captions and training",
  vision: "Captions and training",
  compute: "Machines",
  fleet: "Machines",
  pocket: "Pocket engine",
  curator: "Curator",
  imaging: "Pictures",
  video: "Videos",
  webhooks: "Webhooks",
  telemetry: "Logs and metrics",
  dispatcher: "Dispatcher",
  trainer: "Trainer",
  evaluator: "Evaluator",
  generator: "Generator",
  provisioner: "Provisioner",
  mill: "Mill",
  cli: "Command line",
  "pod-agent": "Pod-agent",
};

/**
 * Every part of the configuration, found where it is defined, so that there is no list to forget: the fragments that a
 * file with `defineConfig` or an app's `config.ts` exports, alone or in a record. Keys are headings.
 */
export async function findFragments(root: string): Promise<Parts> {
  const files = globSync("{packages,apps}/*/src/**/*.ts", { cwd: root })
    .map((path) => path.replaceAll("\\", "/"))
    .filter((path) => !/\.(int\.)?test\.ts$/.test(path) && !path.startsWith("packages/contracts/"))
    .filter(
      (path) =>
        /apps\/[^/]+\/src\/config\.ts$/.test(path) || readFileSync(join(root, path), "utf8").includes("defineConfig("),
    )
    .sort((a, b) => rank(a) - rank(b) || (a < b ? -1 : 1));
  const parts: Record<string, Fragment> = {};
  for (const path of files) {
    const heading = HEADINGS[workspaceOf(path)] ?? workspaceOf(path);
    const found: unknown = await import(pathToFileURL(join(root, path)).href);
    for (const env of environmentsIn(found)) {
      const before = parts[heading]?.env;
      parts[heading] = { env: before === undefined ? env : before.extend(env.shape) };
    }
  }
  return parts;
}

const workspaceOf = (path: string): string => path.split("/")[1] ?? path;

/** Packages before apps, which compose what packages define: a variable is listed where it is defined. */
function rank(path: string): number {
  const place = Object.keys(HEADINGS).indexOf(workspaceOf(path));
  return (path.startsWith("packages/") ? 0 : 1_000) + (place < 0 ? 500 : place);
}

/** The schemas of variables among the exports of a file: of fragments, of records of fragments, or bare. */
function environmentsIn(found: unknown): Fragment["env"][] {
  if (typeof found !== "object" || found === null) return [];
  return Object.values(found).flatMap((value: unknown) => {
    if (isEnvironment(value)) return [value];
    if (typeof value !== "object" || value === null) return [];
    if ("env" in value && isEnvironment(value.env)) return [value.env];
    return Object.values(value).flatMap((inner: unknown) =>
      typeof inner === "object" && inner !== null && "env" in inner && isEnvironment(inner.env) ? [inner.env] : [],
    );
  });
}

function isEnvironment(value: unknown): value is Fragment["env"] {
  if (typeof value !== "object" || value === null || !("shape" in value) || !("safeParse" in value)) return false;
  return Object.keys(value.shape as object).every((name) => /^[A-Z][A-Z0-9_]*$/.test(name));
}
