import type { CleaningSettings, Drop, PreparedImage } from "@loramill/contracts";
import {
  type Checkable,
  type CheckName,
  type CheckResult,
  type Comparable,
  checkFaces,
  checkPicture,
  checkSizes,
  type DuplicateGroup,
  describeDuplicate,
  facesShown,
  findLeaks,
  groupDuplicates,
} from "@loramill/imaging";

export type Cleaning = CleaningSettings & { readonly minSidePixels: number };

/** The facts that decide whether a picture is kept. */
export type Candidate = Comparable &
  Checkable & {
    /** Of the faces that the prepared picture shows, how sure they are; left out where nobody looked for faces. */
    readonly faceScores?: readonly number[];
  };

type Action = CleaningSettings["blurred"];

/** Which setting says what happens to a picture that fails a check. */
const ACTIONS = {
  "too-small": "tooSmall",
  blurred: "blurred",
  upscaled: "upscaled",
  dark: "dark",
  bright: "bright",
  "low-contrast": "lowContrast",
  "low-information": "lowInformation",
  "odd-aspect": "oddAspect",
  "odd-size": "oddSize",
  borders: "borders",
  "colour-space": "colourSpace",
  alpha: "alpha",
  faces: "onFaces",
} as const satisfies Record<CheckName, keyof CleaningSettings>;

export interface Verdict {
  /** In the order of the paths; a picture is dropped for one reason only. */
  readonly dropped: readonly Drop[];
  /** What a person should look at and is kept all the same. */
  readonly warned: readonly Drop[];
}

const LOSSLESS: ReadonlySet<string> = new Set(["png", "tiff", "gif"]);

export function toCandidate(image: PreparedImage): Candidate {
  const { path, original, prepared, hashes, width, height, quality, converted, borders } = image;
  const faceScores = facesShown(image)?.map(({ score }) => score);
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
    sharpness: quality.sharpness,
    quality,
    ...(converted === undefined ? {} : { converted }),
    ...(borders === undefined ? {} : { borders }),
    ...(faceScores === undefined ? {} : { faceScores }),
  };
}

/**
 * Decides which pictures are left out: first those named by a person, then exact duplicates, then pictures that fail a
 * check, then look-alikes among what is left, so that each is counted under the plainest reason. Pictures that a person
 * named to be kept are only ever warned of, and of a group of duplicates they all stay. `others` are the pictures of the
 * versions that this one must not share any with; they are compared and never judged.
 */
export async function cleanImages(
  candidates: readonly Candidate[],
  settings: Cleaning,
  others: readonly Candidate[] = [],
): Promise<Verdict> {
  const found: { action: Action; drop: Drop }[] = [];
  const gone = new Set<string>();
  const isKept = matcherOf(settings.keep);
  const isDropped = matcherOf(settings.drop);
  const judge = (action: Action, drop: Drop) => {
    if (action === "keep") return;
    const decided = action === "drop" && isKept(drop.path) ? "warn" : action;
    found.push({ action: decided, drop });
    if (decided === "drop") gone.add(drop.path);
  };
  for (const { path, original } of candidates) {
    if (isDropped(path)) judge("drop", { path, original, code: "by-name", message: "named in dataset.cleaning.drop" });
  }
  if (others.length > 0) {
    for (const drop of listLeaks(left(candidates, gone), others, settings)) judge(settings.leaked, drop);
  }
  const exact = await groupDuplicates(left(candidates, gone), { nearDistance: null });
  for (const drop of describeGroups(left(candidates, gone), exact, settings)) judge(settings.exactDuplicates, drop);
  const sizes = checkSizes(candidates, settings);
  for (const [place, candidate] of candidates.entries()) {
    const faces = checkFaces(candidate.faceScores, settings);
    for (const check of [...checkPicture(candidate, settings), sizes[place] as CheckResult, faces]) {
      if (check?.failed && !gone.has(candidate.path)) judge(settings[ACTIONS[check.check]], toDrop(candidate, check));
    }
  }
  if (settings.nearDuplicates !== "keep") {
    const rest = left(candidates, gone);
    const near = await groupDuplicates(rest, { nearDistance: settings.nearDistance });
    for (const drop of describeGroups(rest, near, settings)) {
      if (drop.code === "duplicate-near") judge(settings.nearDuplicates, drop);
    }
  }
  const sorted = found.sort((a, b) => (a.drop.path < b.drop.path ? -1 : a.drop.path > b.drop.path ? 1 : 0));
  return {
    dropped: withFinalKeepers(sorted.filter(({ action }) => action === "drop").map(({ drop }) => drop)),
    warned: sorted.filter(({ action }) => action === "warn").map(({ drop }) => drop),
  };
}

const left = (candidates: readonly Candidate[], gone: ReadonlySet<string>): Candidate[] =>
  candidates.filter(({ path }) => !gone.has(path));

/** Each picture that one of `others` equals, resembles or is cut from. */
function listLeaks(images: readonly Candidate[], others: readonly Candidate[], { nearDistance }: Cleaning): Drop[] {
  const hashesOf = ({ hashes }: Candidate) => hashes;
  return findLeaks(others.map(hashesOf), images.map(hashesOf), { nearDistance }).map((leak): Drop => {
    const { path, original } = images[leak.held] as Candidate;
    const like = others[leak.trained] as Candidate;
    const kind = like.original === original ? "bytes" : "near";
    const message = describeDuplicate({ ...leak, index: leak.held, kind }, like.path, nearDistance);
    return { path, original, code: "leaked", message, keptInstead: like.path };
  });
}

function toDrop({ path, original }: Candidate, { check, score, threshold, message }: CheckResult): Drop {
  return { path, original, code: check, message, score, threshold };
}

/** Tells paths that one of the patterns names; `*` stands for any characters, slashes too. */
function matcherOf(patterns: readonly string[]): (path: string) => boolean {
  const exact = new Set(patterns.filter((pattern) => !pattern.includes("*")));
  const wild = patterns
    .filter((pattern) => pattern.includes("*"))
    .map((pattern) => new RegExp(`^${pattern.split("*").map(RegExp.escape).join(".*")}$`, "su"));
  return (path) => exact.has(path) || wild.some((pattern) => pattern.test(path));
}

function describeGroups(
  images: readonly Candidate[],
  groups: readonly DuplicateGroup[],
  { nearDistance }: Cleaning,
): Drop[] {
  return groups.flatMap(({ kept, members }) => {
    const keptInstead = (images[kept] as Candidate).path;
    return members.map((member): Drop => {
      const { path, original } = images[member.index] as Candidate;
      const message = describeDuplicate(member, keptInstead, nearDistance);
      if (member.kind !== "near") return { path, original, code: "duplicate-exact", message, keptInstead };
      const measured = { score: member.distance, threshold: nearDistance };
      return { path, original, code: "duplicate-near", message, ...measured, keptInstead };
    });
  });
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
