import type { DatasetManifest, Drop } from "@loramill/contracts";
import { describe, expect, it } from "vitest";
import { type DatasetReport, renderDatasetReport } from "./dataset-report.ts";
import type { ReportPicture } from "./report-distributions.ts";
import { pathsOf, planReport, reportLimits } from "./report-plan.ts";

const picture = (path: string, over: Partial<ReportPicture> = {}): ReportPicture => ({
  path,
  kept: true,
  format: "png",
  width: 640,
  height: 480,
  sharpness: 0.5,
  contrast: 120,
  brightness: 100,
  caption: null,
  words: 0,
  repeats: 1,
  ...over,
});

const drop = (path: string, over: Partial<Drop> = {}): Drop => ({
  path,
  original: "a".repeat(64),
  code: "blurred",
  message: "the sharpness is 0.01, less than 0.08",
  score: 0.01,
  threshold: 0.08,
  ...over,
});

const copy = (path: string, keptInstead: string): Drop => {
  const { score, threshold, ...rest } = drop(path, {
    code: "duplicate-exact",
    message: `the same file as ${keptInstead}`,
  });
  return { ...rest, keptInstead };
};

function manifest(kept: number, dropped: readonly Drop[]): DatasetManifest {
  const reasons: Record<string, number> = {};
  for (const { code } of dropped) reasons[code] = (reasons[code] ?? 0) + 1;
  return {
    format: "loramill-dataset/1",
    name: "toys & <b>",
    parts: [],
    statistics: {
      found: kept + dropped.length,
      kept,
      refused: 0,
      dropped: reasons,
      captions: { existing: 0, coverage: 0 },
      sizes: { "512x512": kept },
      formats: { png: kept },
      originalBytes: 1,
      preparedBytes: 1,
    },
    gates: [{ gate: "min-images", verdict: "block", message: "2 images, fewer than the 10 recommended" }],
    dropped: [...dropped],
    refused: [],
  };
}

const render = (over: Partial<DatasetReport>): string =>
  renderDatasetReport({
    manifest: manifest(0, []),
    pictures: [],
    warned: [],
    thumbnails: new Map(),
    thresholds: { minSharpness: 0.08, minContrast: 16, minSidePixels: 256 },
    ...over,
  });

describe("the dataset report", () => {
  it("shows every left out picture under its reason, with its score against the threshold", () => {
    const html = render({
      manifest: manifest(1, [drop("soft.png"), drop("small.png", { code: "too-small", score: 120, threshold: 256 })]),
      pictures: [picture("good.png"), picture("soft.png", { kept: false })],
      thumbnails: new Map([["soft.png", "data:image/jpeg;base64,AAAA"]]),
    });
    expect(html).toContain("1 of 3 files were kept, 2 left out, 0 refused");
    expect(html).toMatch(/<h3>Blurred<small>1.*src="data:image\/jpeg;base64,AAAA".*sharpness 0\.01, needs 0\.08/s);
    expect(html).toMatch(/<h3>Too small.*small\.png.*shorter side 120, needs 256/s);
    expect(html).toMatch(/class="block"><b>Blocked<\/b>2 images/);
  });

  it("shows what is kept though a check failed", () => {
    const warned = [drop("pale.png", { code: "low-contrast", score: 8, threshold: 16 })];
    expect(render({ manifest: manifest(1, []), pictures: [picture("pale.png")], warned })).toMatch(
      /Kept, worth a look<small>1.*Pale.*contrast 8, needs 16/s,
    );
  });

  it("puts the picture that stays beside its copies", () => {
    const html = render({
      manifest: manifest(1, [copy("b.png", "a.png"), copy("c.png", "a.png")]),
      pictures: [picture("a.png"), picture("b.png", { kept: false }), picture("c.png", { kept: false })],
    });
    expect(html).toMatch(/1 group<.*class="stays".*<em>kept<\/em><b>a\.png<\/b>.*b\.png.*the same file as it.*c\.png/s);
  });

  it("counts every picture in the charts, those that were left out too, and marks the thresholds", () => {
    const pictures = [0.01, 0.2, 0.2, 0.9].map((sharpness, at) => picture(`${at}.png`, { sharpness, kept: at > 0 }));
    const html = render({ manifest: manifest(3, [drop("0.png")]), pictures });
    expect(html).toContain("<title>0.00 to 0.04: 0 kept, 1 left out</title>");
    expect(html).toContain("<title>0.20 to 0.24: 2 kept</title>");
    expect(html).toMatch(/class="limit" style="left:8%"><span>0\.08/);
    expect(html).toMatch(/<b>Sharpness<\/b>median 0\.20/);
  });

  it("draws chart of captions and repeats only where there are any", () => {
    const without = render({ manifest: manifest(1, []), pictures: [picture("a.png")] });
    expect(without).not.toContain("Words in captions");
    expect(without).not.toContain("<b>Repeats</b>");
    const withBoth = render({
      manifest: manifest(1, []),
      pictures: [picture("a.png", { caption: "two words", words: 2, repeats: 4 })],
    });
    expect(withBoth).toMatch(/Words in captions.*2 to 3: 1 kept/s);
    expect(withBoth).toMatch(/<b>Repeats<\/b>median 4/);
  });

  it("runs nothing, loads nothing and lets no name out of its place", () => {
    const path = `"><script>alert(1)</script>.png`;
    const html = render({
      manifest: manifest(1, [drop(path)]),
      pictures: [picture(path, { caption: "<img src=x>", words: 2 })],
    });
    expect(html).not.toMatch(/<script|<link|<img src=x|url\(/);
    expect(html).not.toMatch(/(?:src|href)="(?!data:)/);
  });

  it("stays a page however large the set is", () => {
    const kept = Array.from({ length: 20_000 }, (_, at) => picture(`kept/${at}.png`, { caption: "a dog", words: 2 }));
    const dropped = Array.from({ length: 20_000 }, (_, at) =>
      at % 2 === 0 ? drop(`soft/${at}.png`, { score: at / 1e6 }) : copy(`copy/${at}.png`, `kept/${at % 500}.png`),
    );
    const plan = planReport(
      { dropped },
      kept.map(({ path }) => path),
      [],
    );
    expect(plan.kept).toHaveLength(reportLimits.kept);
    expect(plan.kept.at(-1)).toBe("kept/19583.png");
    expect(plan.groupsTotal).toBe(250);
    expect(plan.left[0]).toMatchObject({ code: "blurred", total: 10_000 });
    expect(plan.left[0]?.shown.map(({ path }) => path).slice(0, 2)).toEqual(["soft/0.png", "soft/2.png"]);
    expect(pathsOf(plan).size).toBeLessThan(250);
    expect(render({ manifest: manifest(20_000, dropped), pictures: kept }).length).toBeLessThan(400_000);
  });
});
