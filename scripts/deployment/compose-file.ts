import { readFileSync } from "node:fs";
import { join } from "node:path";
import { parse } from "yaml";
import { z } from "zod";

const Healthcheck = z.strictObject({
  test: z.array(z.string()).min(2),
  interval: z.string(),
  timeout: z.string(),
  start_period: z.string(),
});
const Condition = z.enum(["service_healthy", "service_completed_successfully"]);

/** The part of the compose specification that our file uses; anything else is a mistake until it is added here. */
const Service = z.strictObject({
  profiles: z.array(z.enum(["core", "observability", "gpu", "fleet"])).min(1),
  image: z.string(),
  build: z.strictObject({ context: z.string(), dockerfile: z.string(), target: z.string().optional() }).optional(),
  restart: z.enum(["no", "unless-stopped"]),
  entrypoint: z.array(z.string()).optional(),
  command: z.array(z.string()).optional(),
  env_file: z.array(z.strictObject({ path: z.string(), required: z.boolean() })).default([]),
  environment: z.record(z.string(), z.string()).default({}),
  depends_on: z.record(z.string(), z.strictObject({ condition: Condition })).default({}),
  healthcheck: Healthcheck.optional(),
  volumes: z.array(z.string()).default([]),
  configs: z.array(z.strictObject({ source: z.string(), target: z.string() })).optional(),
  ports: z.array(z.string()).default([]),
  stop_grace_period: z.string().optional(),
  read_only: z.boolean().optional(),
  tmpfs: z.array(z.string()).optional(),
  security_opt: z.array(z.string()).optional(),
  cap_drop: z.array(z.string()).optional(),
  deploy: z.unknown().optional(),
});
export type ComposeService = z.output<typeof Service>;

const Compose = z
  .strictObject({
    name: z.string(),
    services: z.record(z.string(), Service),
    configs: z.record(z.string(), z.strictObject({ content: z.string() })),
    volumes: z.record(z.string(), z.strictObject({})),
  })
  .readonly();
export type ComposeFile = z.output<typeof Compose>;

export const composePath = join(import.meta.dirname, "../../infra/compose.yaml");

/** Our compose file with its `${NAME}`, `${NAME:-default}` and `${NAME:?message}` filled in; throws like compose does. */
export function readCompose(variables: Readonly<Record<string, string>>): ComposeFile {
  const tree: unknown = parse(readFileSync(composePath, "utf8"), { merge: true });
  const parts = Object.entries(tree as object).filter(([name]) => !name.startsWith("x-"));
  return Compose.parse(interpolate(Object.fromEntries(parts), variables));
}

function interpolate(value: unknown, variables: Readonly<Record<string, string>>): unknown {
  if (typeof value === "string") return fillIn(value, variables);
  if (Array.isArray(value)) return value.map((each) => interpolate(each, variables));
  if (typeof value !== "object" || value === null) return value;
  return Object.fromEntries(Object.entries(value).map(([key, each]) => [key, interpolate(each, variables)]));
}

function fillIn(text: string, variables: Readonly<Record<string, string>>): string {
  return text.replaceAll(/\$\{([A-Z][A-Z0-9_]*)(?::([-?])([^}]*))?\}/g, (_, name: string, kind = "", rest = "") => {
    const value = variables[name] ?? "";
    if (value !== "") return value;
    if (kind === "?") throw new Error(`${name} is not set: ${rest}`);
    return kind === "-" ? rest : "";
  });
}
