import { expect, it } from "vitest";
import { readIgnore } from "./build-context.ts";

it("reads a .dockerignore as Docker does: folders stand for what is in them, and the last rule decides", () => {
  const leavesOut = readIgnore(
    "# all\n*\n!apps\n!infra\ninfra/*\n!infra/docker\n\n**/*.test.ts\napps/cli\n!package.json\n",
  );
  const paths = [
    "README.md",
    ".env.example",
    ".ci/run",
    "package.json",
    "apps/api/package.json",
    "apps/api/src/main.ts",
    "apps/api/src/main.test.ts",
    "apps/cli/src/main.ts",
    "apps/client/main.ts",
    "infra/compose.yaml",
    "infra/docker/healthcheck.mjs",
    "secrets/package.json",
  ];
  expect(paths.filter((path) => !leavesOut(path))).toEqual([
    "package.json",
    "apps/api/package.json",
    "apps/api/src/main.ts",
    "apps/client/main.ts",
    "infra/docker/healthcheck.mjs",
  ]);
});
