import { execFile } from "node:child_process";
import { mkdtempSync, readdirSync, readFileSync, rmSync, statSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { promisify } from "node:util";
import { build } from "esbuild";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { layOutContext, linkLibraries } from "./build-context.ts";
import { parseDockerfile } from "./dockerfile.ts";
import { SERVICE_APPS } from "./service-apps.ts";

const run = promisify(execFile);
const root = join(import.meta.dirname, "../..");
const LIMIT_MS = 180_000;

// What `docker build` would do in each stage, without containers: the same files, the same commands.
describe("the images' build", () => {
  const context = mkdtempSync(join(tmpdir(), "loramill-context-"));
  beforeAll(() => {
    layOutContext(root, context);
    linkLibraries(root, context);
  });
  afterAll(() => rmSync(context, { recursive: true, force: true }));

  const node = (...args: string[]) => run(process.execPath, args, { cwd: context, timeout: LIMIT_MS });

  it("builds the Studio", { timeout: LIMIT_MS }, async () => {
    const out = join(context, "built/studio");
    await node("apps/studio/build.ts", out);
    expect(readdirSync(out)).toEqual(expect.arrayContaining(["index.html", "assets"]));
  });

  it("bundles the pod-agent, which starts without libraries", { timeout: LIMIT_MS }, async () => {
    const out = join(context, "built/pod-agent.mjs");
    await node("apps/pod-agent/build.ts", out);
    expect(statSync(out).size).toBeGreaterThan(100_000);
    await run(process.execPath, ["--check", out], { timeout: LIMIT_MS });
  });

  it("has every file of ours that the services import", { timeout: LIMIT_MS }, async () => {
    const entryPoints = SERVICE_APPS.map((app) => join(context, "apps", app, "src/main.ts"));
    const { errors } = await build({
      entryPoints,
      bundle: true,
      write: false,
      outdir: context,
      platform: "node",
      format: "esm",
      logLevel: "silent",
      plugins: [
        {
          name: "libraries stay outside",
          setup: ({ onResolve }) =>
            onResolve({ filter: /^[^./]/ }, ({ path, kind }) =>
              kind === "entry-point" || path.startsWith("@loramill/") ? null : { path, external: true },
            ),
        },
      ],
    });
    expect(errors).toEqual([]);
  });

  const installs = ["services", "gpu"].flatMap((family) =>
    parseDockerfile(readFileSync(join(root, `infra/docker/${family}.Dockerfile`), "utf8")).stages.flatMap(
      ({ name, instructions }) =>
        instructions
          .filter(({ text }) => text.startsWith("npm ci "))
          .map(({ text }) => ({
            stage: `${family} ${name}`,
            args: text.split(" && ")[0]?.trim().split(/\s+/).slice(2),
          })),
    ),
  );

  // The context lacks workspaces that the lock names.
  it.each(installs)("npm takes the lock in stage $stage", { timeout: LIMIT_MS }, async ({ args = [] }) => {
    rmSync(join(context, "node_modules"), { recursive: true, force: true });
    const cache = join(context, "npm-cache");
    const { stdout } = await run(
      "npm",
      ["ci", "--dry-run", "--offline", "--loglevel=notice", `--cache=${cache}`, ...args],
      {
        cwd: context,
        timeout: LIMIT_MS,
      },
    );
    expect(stdout).toMatch(/added \d+ packages/);
  });
});
