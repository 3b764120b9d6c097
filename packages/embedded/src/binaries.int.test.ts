import { mkdtemp, readdir, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { basename, join } from "node:path";
import { expect, onTestFinished, test } from "vitest";
import { prepareBinaries } from "./binaries.ts";

test("several that copy the programs at once in one process agree on one whole copy", async () => {
  const folder = await mkdtemp(join(tmpdir(), "loramill-test-binaries-"));
  onTestFinished(() => rm(folder, { recursive: true, force: true }));
  const copying = [1, 2, 3].map(() => prepareBinaries({ copyFolder: folder, fallbackFolder: folder }));
  const settled = await Promise.allSettled(copying);
  expect(settled.filter(({ status }) => status === "rejected")).toEqual([]);
  const [first, ...rest] = await Promise.all(copying);
  expect(rest).toEqual([first, first]);
  expect(await readdir(folder)).toEqual([`pg-${first?.version}`]);
  expect(await readdir(join(first?.postgres ?? "", ".."))).toContain(basename(first?.initdb ?? ""));
});
