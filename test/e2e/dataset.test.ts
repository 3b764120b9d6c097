import { createHash } from "node:crypto";
import { copyFileSync, existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { DatasetLayout } from "@loramill/contracts";
import { encodeImage, readRgb } from "@loramill/imaging";
import { mirrorPicture } from "@loramill/testkit";
import { beforeAll, expect, test } from "vitest";
import { drawSamplePictures } from "../../scripts/sample-pictures.ts";
import { createCli } from "../support/cli.ts";
import { openMill } from "../support/open-mill.ts";

const mill = openMill();
const pictures = mill.at("toys");
const loramill = createCli({ cwd: mill.at(), env: { DATA_DIR: mill.at("data") } });
let original: Awaited<ReturnType<typeof importAs>>;

beforeAll(async () => {
  await drawSamplePictures(pictures);
  for (const name of readdirSync(pictures)) {
    writeFileSync(join(pictures, name.replace(/\.[^.]+$/, ".txt")), `a caption for ${name}`);
  }
  original = await importAs("toys", pictures);
});

const sha256 = (path: string) => createHash("sha256").update(readFileSync(path)).digest("hex");

async function importAs(name: string, source: string, format = "png") {
  const { code, err, out } = await loramill(
    "--json",
    "dataset",
    "import",
    source,
    "--name",
    name,
    "--resolution",
    "64",
    "--format",
    format,
    "--output",
    `results-${name}`,
  );
  expect({ code, err: code === 0 ? "" : err }).toEqual({ code: 0, err: "" });
  expect(JSON.parse(out).run.state).toBe("succeeded");
  return mill.client.datasets.get(name);
}

test("a dataset keeps its content through every layout, as a folder and packed, byte for byte the same each time", async () => {
  expect(original.statistics.captions.coverage).toBe(1);
  for (const layout of DatasetLayout.options) {
    const folder = mill.at(`${layout}-folder`);
    const archive = layout === "replicate" ? "zip" : "tar";
    const [one, two] = [`${layout}-1.${archive}`, `${layout}-2.${archive}`];
    const exportTo = (output: string) =>
      loramill("--json", "dataset", "export", "toys", "--layout", layout, "--output", output);
    const [exported, ...packed] = await Promise.all([folder, one, two].map(exportTo));
    expect(packed.map(({ code }) => code)).toEqual([0, 0]);
    expect([exported?.code, exported?.err]).toEqual([0, ""]);
    expect(JSON.parse(exported?.out ?? "").files).toBeGreaterThan(original.statistics.kept);
    expect(sha256(mill.at(one))).toBe(sha256(mill.at(two)));
    const again = [importAs(`from-${layout}`, folder), importAs(`packed-${layout}`, mill.at(one))];
    for (const { content } of await Promise.all(again))
      expect({ layout, content }).toEqual({ layout, content: original.content });
  }
});

test("pictures that are just right are not encoded again, so that JPEG too survives an export", async () => {
  const first = await importAs("lossy", pictures, "jpeg");
  const folder = mill.at("lossy-folder");
  expect((await loramill("dataset", "export", "lossy", "--layout", "kohya", "--output", folder)).code).toBe(0);
  expect((await importAs("lossy-again", folder, "jpeg")).content).toBe(first.content);
});

test("a version is derived, compared, validated and trained on under its digest", async () => {
  const { out } = await loramill("--json", "dataset", "inspect", "toys", "--images");
  expect((await loramill("dataset", "inspect", "toys")).out).toMatch(/steps per epoch +\d+ at batch 1, \d+ at batch 2/);
  const { images, digest, content } = JSON.parse(out);
  const [first, second] = images.map(({ path }: { path: string }) => path);
  const derived = await loramill(
    "--json",
    "dataset",
    "derive",
    "toys",
    "--drop",
    first,
    "--caption",
    `${second}=new words`,
    "--repeat",
    `${second}=3`,
  );
  expect(derived.code).toBe(0);
  const version = JSON.parse(derived.out);
  expect(version).toMatchObject({ parent: digest });
  expect(version.content).not.toBe(content);
  const diff = JSON.parse((await loramill("--json", "dataset", "diff", digest.slice(0, 12), "toys")).out);
  expect(diff).toMatchObject({
    same: images.length - 2,
    removed: [{ path: first }],
    recaptioned: [{ path: second, after: "new words" }],
    reweighted: [{ path: second, before: 1, after: 3 }],
  });
  const list = JSON.parse((await loramill("--json", "dataset", "list", "--name", "toys")).out);
  expect(list.map(({ version: number }: { version: number }) => number)).toEqual([2, 1]);
  expect((await loramill("dataset", "validate", digest)).code).toBe(0);
  const again = await importAs("trained-on", `dataset:${version.digest}`);
  expect(again.content).toBe(version.content);
});

test("overlaps with other datasets are found through an index, also of mirrored pictures", async () => {
  const { images } = JSON.parse((await loramill("--json", "dataset", "inspect", "toys", "--images")).out);
  const folder = mill.at("holdout");
  mkdirSync(folder);
  const [first, second] = images.map(({ path }: { path: string }) => join(pictures, path));
  copyFileSync(first, join(folder, "same.png"));
  const mirrored = mirrorPicture(await readRgb(readFileSync(second)));
  writeFileSync(join(folder, "mirrored.png"), await encodeImage(mirrored, "png"));
  await importAs("holdout", folder);
  for (const round of [1, 2]) {
    const { out } = await loramill("--json", "dataset", "overlaps", "holdout", "--with", "toys");
    const { compared, items } = JSON.parse(out);
    expect({ round, compared }).toEqual({ round, compared: 1 });
    expect(items).toMatchObject([
      { path: "mirrored.png", dataset: "toys", mirrored: true, isSame: false },
      { path: "same.png", dataset: "toys", mirrored: false, isSame: true, distance: 0 },
    ]);
  }
  const everywhere = JSON.parse((await loramill("--json", "dataset", "overlaps", "holdout")).out);
  expect(everywhere.compared, "with every other dataset where none is named").toBeGreaterThan(1);
  expect(everywhere.items).toContainEqual(expect.objectContaining({ path: "same.png", dataset: "toys" }));
});

test("captions are written, shown, changed in bulk with a preview, and taken back; every change is a version", async () => {
  const plain = mill.at("plain");
  mkdirSync(plain);
  await drawSamplePictures(plain);
  await importAs("plain", plain);
  const written = await loramill("caption", "run", "plain", "--provider", "describe", "--trigger", "zorb");
  expect({ code: written.code, err: written.code === 0 ? "" : written.err }).toEqual({ code: 0, err: "" });
  const show = async () => JSON.parse((await loramill("--json", "caption", "show", "plain")).out);
  const first = await show();
  expect(first.every(({ caption }: { caption: string }) => caption.startsWith("zorb"))).toBe(true);
  const preview = JSON.parse(
    (await loramill("--json", "caption", "replace", "plain", "zorb", "blib", "--preview")).out,
  );
  expect(preview).toMatchObject({ digest: null });
  expect(preview.changes).toHaveLength(first.length);
  expect(await show()).toEqual(first);
  expect((await loramill("caption", "replace", "plain", "^zorb", "blib", "--regex")).code).toBe(0);
  const changed = await show();
  expect(changed.every(({ caption }: { caption: string }) => caption.startsWith("blib"))).toBe(true);
  expect((await loramill("caption", "rollback", "plain")).code).toBe(0);
  expect(await show()).toEqual(first);
  expect((await loramill("caption", "replace", "plain", "^zorb", "blib", "--regex")).code).toBe(0);
  expect(await show()).toEqual(changed);
  expect((await loramill("caption", "edit", "plain", first[0].path, "my own words")).code).toBe(0);
  const history = JSON.parse((await loramill("--json", "caption", "show", "plain", first[0].path)).out);
  const edit = { provider: "edited", model: null, prompt: null, run: null, microUsd: 0, author: null };
  expect(history).toMatchObject({
    now: "my own words",
    versions: [
      { ...edit, text: "my own words" },
      { ...edit, text: changed[0].caption },
      { ...edit, text: first[0].caption },
      { ...edit, text: changed[0].caption },
      {
        text: first[0].caption,
        provider: "sidecar",
        run: expect.stringMatching(/^run_/),
        step: "caption",
        microUsd: 0,
        dataset: null,
      },
    ],
  });
  expect(new Set(history.versions.slice(0, 4).map(({ dataset }: { dataset: string }) => dataset)).size).toBe(4);
  const shown = await loramill("caption", "show", "plain", first[0].path);
  expect(shown.out).toMatch(/edited +version [0-9a-f]{12} +\$0\.00 +my own words/);
  expect((await loramill("caption", "rollback", "plain")).code).toBe(0);
  expect(await show()).toEqual(changed);
  const asked = await loramill(
    "--json",
    "caption",
    "test-provider",
    "describe",
    join(pictures, readdirSync(pictures)[0] ?? ""),
  );
  expect(asked.code).toBe(0);
  expect(JSON.parse(asked.out).captions).toHaveLength(1);
});

test("mistakes are said in a sentence", async () => {
  const unknown = await loramill("dataset", "inspect", "nowhere");
  expect(unknown).toMatchObject({ code: 2, err: expect.stringContaining("there is no dataset nowhere") });
  const layout = await loramill("dataset", "export", "toys", "--layout", "zip");
  expect(layout).toMatchObject({ code: 2, err: expect.stringContaining("choose one of kohya") });
  const full = await loramill("dataset", "export", "toys", "--layout", "kohya", "--output", pictures);
  expect(full).toMatchObject({ code: 2, err: expect.stringContaining("is not empty") });
  const missing = await loramill("dataset", "derive", "toys", "--drop", "nowhere.png");
  expect(missing).toMatchObject({ code: 2, err: expect.stringContaining("no picture called nowhere.png") });
  const report = await loramill("dataset", "report", "toys", "--output", "page.html");
  expect(report.code).toBe(0);
  expect(existsSync(mill.at("page.html"))).toBe(true);
});
