import { execFileSync } from "node:child_process";
import { chmodSync, copyFileSync, existsSync, mkdirSync, readFileSync, truncateSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { deflateRawSync } from "node:zlib";
import type { DatasetManifest } from "@loramill/contracts";
import { beforeAll, expect, test } from "vitest";
import { drawSamplePictures } from "../../scripts/sample-pictures.ts";
import { openMill } from "../support/open-mill.ts";
import { finished, stepOf } from "../support/runs.ts";
import { writeZip } from "../support/zip.ts";

const mill = openMill();
const pictures = mill.at("pictures");

beforeAll(() => drawSamplePictures(pictures));

async function datasetOf(source: { type: "folder" | "archive"; path: string }): Promise<DatasetManifest> {
  const { id } = await mill.client.createRun({
    name: "hostile",
    dataset: { sources: [source], prepare: { resolution: 64 } },
  });
  const run = await finished(mill.client, id);
  expect(run.error).toBeNull();
  expect(run.state).toBe("succeeded");
  const digest = stepOf(run, "dataset").output;
  return (await mill.client.getDocument("dataset", digest ?? "")) as unknown as DatasetManifest;
}

test("corrupt, truncated, huge, empty, mis-named and unreadable files are named with their reason; the rest goes on", async () => {
  const folder = mill.at("hostile");
  mkdirSync(join(folder, "sub"), { recursive: true });
  const good = goodPicture();
  copyFileSync(good, join(folder, "good.png"));
  writeFileSync(
    join(folder, "corrupt.jpg"),
    Buffer.concat([Buffer.from([0xff, 0xd8, 0xff, 0xe0]), Buffer.alloc(4000, 7)]),
  );
  copyFileSync(good, join(folder, "truncated.png"));
  truncateSync(join(folder, "truncated.png"), Math.floor(readFileSync(good).length / 2));
  writeFileSync(join(folder, "bomb.png"), hugePng(60_000, 60_000));
  writeFileSync(join(folder, "empty.png"), "");
  writeFileSync(join(folder, "text.png"), "this is not a picture");
  copyFileSync(good, join(folder, "sub", "really-a-png.jpg"));
  copyFileSync(good, join(folder, "unreadable.png"));
  chmodSync(join(folder, "unreadable.png"), 0o000);

  const manifest = await datasetOf({ type: "folder", path: folder });
  const refused = new Map(manifest.refused.map((entry) => [entry.path, entry]));
  for (const name of ["corrupt.jpg", "truncated.png", "bomb.png", "empty.png", "text.png"]) {
    expect(refused.get(name)?.message, name).toBeTruthy();
  }
  expect(refused.get("bomb.png")?.code).toBe("too-many-pixels");
  expect(refused.get("empty.png")?.code).toBe("empty-file");
  if (process.getuid?.() !== 0) expect(refused.get("unreadable.png")?.code).toBe("unreadable");
  expect(manifest.statistics.kept).toBeGreaterThanOrEqual(1);
  expect(manifest.statistics.found).toBe(manifest.statistics.kept + manifest.dropped.length + manifest.refused.length);
});

test("a zip with `../`, absolute paths and links, and a zip bomb: refused by name, nothing outside is touched", async () => {
  const good = readFileSync(goodPicture());
  const outside = mill.at("escaped.png");
  const zip = mill.at("slip.zip");
  writeZip(zip, [
    { name: "fine.png", bytes: good },
    { name: "../escaped.png", bytes: good },
    { name: "../../../../../../../../tmp/loramill-escaped.png", bytes: good },
    { name: outside, bytes: good },
    { name: "C:\\escaped.png", bytes: good },
    { name: "link.png", bytes: Buffer.from("/etc/passwd"), mode: 0o120777 },
  ]);
  const slip = await datasetOf({ type: "archive", path: zip });
  expect(slip.statistics.kept).toBe(1);
  expect(slip.refused.length).toBeGreaterThanOrEqual(5);
  expect(existsSync(outside)).toBe(false);
  expect(existsSync("/tmp/loramill-escaped.png")).toBe(false);

  const bomb = mill.at("bomb.zip");
  const zeros = Buffer.alloc(600 * 1024 * 1024);
  writeZip(bomb, [
    { name: "fine.png", bytes: good },
    { name: "bomb.png", raw: { deflated: deflateRawSync(zeros, { level: 9 }), bytes: zeros.length, crc32: 0 } },
  ]);
  const manifest = await datasetOf({ type: "archive", path: bomb });
  expect(manifest.statistics.kept).toBe(1);
  expect(manifest.refused.map((entry) => entry.path)).toContain("bomb.png");
});

test("a tar with links, devices and paths that leave it: refused by name", async () => {
  const folder = mill.at("tar");
  mkdirSync(folder, { recursive: true });
  copyFileSync(goodPicture(), join(folder, "fine.png"));
  execFileSync("ln", ["-sf", "/etc/passwd", join(folder, "link.png")]);
  const tar = mill.at("links.tar.gz");
  execFileSync("tar", ["-czf", tar, "-C", folder, "--transform", "s,^fine2,../fine2,", "fine.png", "link.png"]);
  const manifest = await datasetOf({ type: "archive", path: tar });
  expect(manifest.statistics.kept).toBe(1);
  expect(manifest.refused.map((entry) => entry.path)).toContain("link.png");
});

function goodPicture(): string {
  return join(pictures, "zorb-01.png");
}

/** A PNG whose header promises far more pixels than anybody should decode. */
function hugePng(width: number, height: number): Buffer {
  const header = Buffer.from(readFileSync(goodPicture()));
  header.writeUInt32BE(width, 16);
  header.writeUInt32BE(height, 20);
  return header;
}
