import type { CleaningSettings, Drop, PreparedImage, QualityFacts } from "@loramill/contracts";
import { type Comparable, type DuplicateGroup, groupDuplicates } from "@loramill/imaging";

export type Cleaning = CleaningSettings & { readonly minSidePixels: number };

/** The facts that decide whether a picture is kept. */
export interface Candidate extends Comparable {
  readonly quality: Pick<QualityFacts, "sharpness" | "contrast">;
}

export interface Verdict {
  /** In the order of the paths; a picture is dropped for one reason only. */
  readonly dropped: readonly Drop[];
  /** What a person should look at and is kept all the same. */
  readonly warned: readonly Drop[];
}

const LOSSLESS: ReadonlySet<string> = new Set(["png", "tiff", "gif"]);

export function toCandidate(image: PreparedImage): Candidate {
  const { path, original, prepared, hashes, width, height, quality } = image;
  const { sharpness, contrast } = quality;
  return {
    path,
    original: original.sha256,
    prepared: prepared.blob.sha256,
    hashes,
    width,
    height,
    bytes: original.bytes,
    captioned: image.caption !== undefined,
    lossless: LOSSLESS.has(image.format),
    sharpness,
    quality: { sharpness, contrast },
  };
}

/**
 * Decides which pictures are left out: first exact duplicates, then pictures that are too small, blurred or without
 * contrast, then look-alikes among what is left, so that each is counted under the plainest reason.
 */
export async function cleanImages(candidates: readonly Candidate[], settings: Cleaning): Promise<Verdict> {
  const found: { action: CleaningSettings["blurred"]; drop: Drop }[] = [];
  const gone = new Set<string>();
  const judge = (action: CleaningSettings["blurred"], drop: Drop) => {
    if (action === "keep") return;
    found.push({ action, drop });
    if (action === "drop") gone.add(drop.path);
  };
  const exact = await groupDuplicates(candidates, { nearDistance: null });
  for (const drop of describeGroups(candidates, exact, settings)) judge(settings.exactDuplicates, drop);
  for (const candidate of candidates.filter(({ path }) => !gone.has(path))) {
    for (const { action, drop } of judgeQuality(candidate, settings)) {
      if (!gone.has(candidate.path)) judge(action, drop);
    }
  }
  if (settings.nearDuplicates !== "keep") {
    const left = candidates.filter(({ path }) => !gone.has(path));
    const near = await groupDuplicates(left, { nearDistance: settings.nearDistance });
    for (const drop of describeGroups(left, near, settings)) {
      if (drop.code === "duplicate-near") judge(settings.nearDuplicates, drop);
    }
  }
  const sorted = found.sort((a, b) => (a.drop.path < b.drop.path ? -1 : a.drop.path > b.drop.path ? 1 : 0));
  return {
    dropped: withFinalKeepers(sorted.filter(({ action }) => action === "drop").map(({ drop }) => drop)),
    warned: sorted.filter(({ action }) => action === "warn").map(({ drop }) => drop),
  };
}

function describeGroups(
  images: readonly Candidate[],
  groups: readonly DuplicateGroup[],
  { nearDistance }: Cleaning,
): Drop[] {
  return groups.flatMap(({ kept, members }) => {
    const keptInstead = (images[kept] as Candidate).path;
    return members.map(({ index, kind, distance, mirrored }): Drop => {
      const { path, original } = images[index] as Candidate;
      const common = { path, original, keptInstead };
      if (kind !== "near") {
        const message = `the same ${kind === "bytes" ? "file" : "picture"} as ${keptInstead}`;
        return { ...common, code: "duplicate-exact", message };
      }
      const like = mirrored ? "mirrors" : "looks like";
      const message = `${like} ${keptInstead}: ${distance} of 64 bits differ, up to ${nearDistance} count as the same`;
      return { ...common, code: "duplicate-near", message, score: distance, threshold: nearDistance };
    });
  });
}

function judgeQuality(image: Candidate, settings: Cleaning): { action: CleaningSettings["blurred"]; drop: Drop }[] {
  const { path, original, quality, width, height } = image;
  const side = Math.min(width, height);
  const checks = [
    ["too-small", settings.tooSmall, side, settings.minSidePixels, `the shorter side has ${side} pixels`],
    ["blurred", settings.blurred, quality.sharpness, settings.minSharpness, `the sharpness is ${quality.sharpness}`],
    [
      "low-contrast",
      settings.lowContrast,
      quality.contrast,
      settings.minContrast,
      `the contrast is ${quality.contrast}`,
    ],
  ] as const;
  return checks
    .filter(([, , score, threshold]) => score < threshold)
    .map(([code, action, score, threshold, text]) => ({
      action,
      drop: { path, original, code, message: `${text}, less than ${threshold}`, score, threshold },
    }));
}

/** A copy of a picture that was dropped as a look-alike of a third names the third. */
function withFinalKeepers(drops: readonly Drop[]): Drop[] {
  const keeper = new Map(drops.map(({ path, keptInstead }) => [path, keptInstead]));
  return drops.map((drop) => {
    if (drop.keptInstead === undefined) return drop;
    let kept = drop.keptInstead;
    for (let next = keeper.get(kept); next !== undefined; next = keeper.get(kept)) kept = next;
    return { ...drop, keptInstead: kept };
  });
}
