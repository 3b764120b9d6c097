import { expect, test } from "vitest";
import { completeLockfile, findMissing, findResolved, type Lockfile, platformOf } from "./lockfile.ts";

const lock: Lockfile = {
  packages: {
    "": {},
    "node_modules/tool": {
      version: "1.2.3",
      dev: true,
      optionalDependencies: { "@tool/linux-x64": "1.2.3", "@tool/win32-arm64-msvc": "1.2.3", watcher: "~2.0.0" },
    },
    "node_modules/@tool/linux-x64": {
      version: "1.2.3",
      resolved: "https://registry.example/x.tgz",
      integrity: "sha512-a",
    },
    "node_modules/watcher": { version: "2.0.1" },
    "packages/a": { optionalDependencies: { "@tool/linux-x64": "1.0.0" } },
  },
};

test("an exact optional dependency without a node of that version is missing", () => {
  expect(findMissing(lock)).toEqual([
    { parent: "node_modules/tool", name: "@tool/win32-arm64-msvc", range: "1.2.3" },
    { parent: "packages/a", name: "@tool/linux-x64", range: "1.0.0" },
  ]);
});

test("completing adds what is missing, beside the parent when the root name is taken, and is idempotent", () => {
  const done = completeLockfile(lock);
  expect(done.packages["node_modules/@tool/win32-arm64-msvc"]).toEqual({
    version: "1.2.3",
    cpu: ["arm64"],
    dev: true,
    optional: true,
    os: ["win32"],
  });
  expect(done.packages["packages/a/node_modules/@tool/linux-x64"]?.version).toBe("1.0.0");
  expect(findMissing(done)).toEqual([]);
  expect(completeLockfile(done)).toEqual(done);
});

test("completing removes registry hosts and keeps integrity", () => {
  expect(findResolved(lock)).toEqual(["node_modules/@tool/linux-x64"]);
  expect(completeLockfile(lock).packages["node_modules/@tool/linux-x64"]).toEqual({
    version: "1.2.3",
    integrity: "sha512-a",
  });
});

test("a range that nothing answers is refused by name", () => {
  const open: Lockfile = { packages: { "node_modules/a": { optionalDependencies: { b: "^1.0.0" } } } };
  expect(() => completeLockfile(open)).toThrow("b@^1.0.0");
});

test.each([
  ["@biomejs/cli-linux-arm64-musl", { os: ["linux"], cpu: ["arm64"], libc: ["musl"] }],
  ["@turbo/windows-64", { os: ["win32"], cpu: ["x64"] }],
  ["@oxc-parser/binding-linux-arm-gnueabihf", { os: ["linux"], cpu: ["arm"], libc: ["glibc"] }],
  ["@oxc-parser/binding-win32-ia32-msvc", { os: ["win32"], cpu: ["ia32"] }],
  ["@scope/plain", {}],
])("the platform of %s is read from its name", (name, platform) => {
  expect(platformOf(name)).toEqual(platform);
});
