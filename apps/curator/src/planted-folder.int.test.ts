import { join } from "node:path";
import { encodeImage } from "@loramill/imaging";
import { writePlantedFolder } from "@loramill/testkit";
import { afterEach, describe, expect, it } from "vitest";
import { type CuratorUnderTest, curate, openCurator } from "../test/curate.ts";

const opened: CuratorUnderTest[] = [];
afterEach(async () => {
  for (const one of opened.splice(0)) await one.close();
});

describe("a folder with planted duplicates, blurred and broken pictures", () => {
  it("is cleaned of exactly those", { timeout: 300_000 }, async () => {
    const curator = await openCurator();
    opened.push(curator);
    const counts = { good: 240, exact: 40, near: 40, blurred: 40, corrupt: 28, tiny: 12 };
    const folder = join(curator.folder, "pictures");
    await writePlantedFolder(folder, {
      counts,
      width: 256,
      height: 192,
      seed: 1,
      encode: (image, quality) => encodeImage(image, "jpeg", { quality }),
    });
    const { manifest, images } = await curate(curator, { sources: [{ type: "folder", path: folder }] });
    expect(manifest.statistics).toMatchObject({
      found: 400,
      kept: counts.good,
      refused: counts.corrupt,
      dropped: {
        "duplicate-exact": counts.exact,
        "duplicate-near": counts.near,
        blurred: counts.blurred,
        "too-small": counts.tiny,
      },
    });
    expect(images).toHaveLength(counts.good);
    const codes = Object.groupBy(manifest.refused, ({ code }) => code);
    expect(Object.fromEntries(Object.entries(codes).map(([code, all]) => [code, all?.length]))).toEqual({
      "truncated-image": 7,
      "corrupt-image": 7,
      "not-an-image": 7,
      "empty-file": 7,
    });
  });
});
