import { spawnSync } from "node:child_process";
import { cpSync, mkdirSync, mkdtempSync, readlinkSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, onTestFinished, test } from "vitest";

/** A checkout whose npm installed this platform's Node in `version` but no link to it. */
function checkout(version: string): string {
  const root = mkdtempSync(join(tmpdir(), "loramill-test-node-"));
  onTestFinished(() => rmSync(root, { recursive: true, force: true }));
  const installed = join(root, "node_modules", `node-${process.platform}-${process.arch}`);
  mkdirSync(join(installed, "bin"), { recursive: true });
  mkdirSync(join(root, "scripts"));
  writeFileSync(join(installed, "package.json"), JSON.stringify({ version }));
  writeFileSync(join(installed, "bin", "node"), "");
  cpSync(join(import.meta.dirname, "check-node.mjs"), join(root, "scripts", "check-node.mjs"));
  return root;
}

function check(root: string, ...flags: string[]) {
  const script = join(root, "scripts", "check-node.mjs");
  const { status, stdout, stderr } = spawnSync(process.execPath, [script, ...flags], { encoding: "utf8" });
  return { status, stdout, stderr };
}

test("a lost link to the installed Node is put back, once", () => {
  const root = checkout("24.21.0");
  expect(check(root)).toEqual({ status: 0, stdout: "Node 24.21.0\n", stderr: "" });
  expect(readlinkSync(join(root, "node_modules", ".bin", "node"))).toBe(
    join("..", `node-${process.platform}-${process.arch}`, "bin", "node"),
  );
  expect(check(root, "--quiet")).toEqual({ status: 0, stdout: "", stderr: "" });
});

test("a Node that is too old is named, with what to do", () => {
  const { status, stderr } = check(checkout("22.18.0"));
  expect(status).toBe(1);
  expect(stderr).toContain("Loramill needs Node 22.19 or newer; this is 22.18.0");
  expect(stderr).toContain("npm ci --include=optional");
});

test("the repository's own Node passes", () => {
  expect(check(join(import.meta.dirname, "..")).status).toBe(0);
});
