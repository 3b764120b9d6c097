import {
  type DatasetManifest,
  type Digest,
  type Drop,
  type GateResult,
  type InputOf,
  ITEMS_PER_PART,
  type JobContext,
  type JobOutput,
  type JsonObject,
  type PreparedImage,
  type Refusal,
  UserError,
} from "@loramill/contracts";
import { createContentDigest, createStatistics } from "@loramill/datasets";
import { type Candidate, cleanImages, toCandidate } from "./clean.ts";
import type { CuratorDeps } from "./deps.ts";
import { judgeGates } from "./gates.ts";
import { createReport } from "./put-report.ts";

type Documents = CuratorDeps["stores"]["documents"];

/** Paths named in a warning; the rest is counted. */
const NAMED = 20;

/**
 * Looks at all prepared pictures together: leaves out duplicates and pictures that are not good enough, writes the rest
 * in parts, the manifest over them and a report for people, and judges the dataset as a whole. UserError `gate-blocked`
 * when a gate says so, `no-images-left` when nothing is kept; both name the manifest and the report in their details.
 */
export async function assembleDataset(
  input: InputOf<"assemble-dataset">,
  deps: CuratorDeps,
  ctx: JobContext,
): Promise<JobOutput> {
  const { params } = input;
  const { documents } = deps.stores;
  const { candidates, refused, parts } = await readPrepared(input, documents, ctx);
  const others = await readOthers(params.cleaning.against, documents, ctx);
  const { dropped, warned } = await cleanImages(candidates, params.cleaning, others);
  const gone = new Set(dropped.map(({ path }) => path));
  const statistics = createStatistics();
  const report = createReport();
  const content = createContentDigest();
  const add = (image: PreparedImage) => {
    const isKept = !gone.has(image.path);
    report.add(image, isKept);
    if (!isKept) return false;
    statistics.add(image);
    content.add(image);
    return true;
  };
  const kept = await writeParts(parts, { documents, ctx, add });
  const summed = statistics.finish(dropped, refused);
  const captioned = summed.captions.existing;
  const { willCaption, willTrain } = params;
  const gates = judgeGates({ kept: summed.kept, captioned, willCaption, willTrain }, params.gates);
  const manifest: DatasetManifest = {
    format: "loramill-dataset/1",
    name: params.name,
    parts: kept,
    statistics: summed,
    gates,
    dropped: [...dropped],
    refused,
    content: content.finish(),
  };
  const digest = await documents.put("dataset", manifest);
  warn(warned, gates, ctx);
  const page = await report.put({ manifest, warned, thresholds: params.cleaning }, deps, ctx);
  if (summed.kept === 0) throw noneLeft(manifest, { dataset: digest, report: page });
  checkGates(gates, { dataset: digest, report: page });
  ctx.record({ kind: "dataset", digest, name: params.name, images: summed.kept, statistics: summed as JsonObject });
  return {
    digest,
    shape: "parts",
    items: summed.kept,
    summary: {
      kept: summed.kept,
      dropped: dropped.length,
      refused: refused.length,
      captions: captioned,
      report: page,
    },
  };
}

interface Prepared {
  readonly candidates: Candidate[];
  readonly refused: Refusal[];
  readonly parts: readonly Digest[];
}

async function readPrepared(
  { inputs }: InputOf<"assemble-dataset">,
  documents: Documents,
  ctx: JobContext,
): Promise<Prepared> {
  const candidates: Candidate[] = [];
  const refused: Refusal[] = [];
  const { parts } = await documents.get("parts", inputs.prepare);
  for (const [index, digest] of parts.entries()) {
    ctx.signal.throwIfAborted();
    const part = await documents.get("prepared", digest);
    candidates.push(...part.images.map(toCandidate));
    refused.push(...part.refused);
    ctx.progress({ phase: "comparing", done: index + 1, total: parts.length });
  }
  const seen = new Set([...candidates, ...refused].map(({ path }) => path));
  const source = await documents.get("parts", inputs.source);
  for (const digest of source.parts) {
    ctx.signal.throwIfAborted();
    const part = await documents.get("source", digest);
    refused.push(...part.refused);
    for (const { path } of part.items) if (!seen.has(path)) refused.push(notPrepared(path));
  }
  refused.sort((a, b) => (a.path < b.path ? -1 : a.path > b.path ? 1 : 0));
  return { candidates, refused, parts };
}

/** The pictures of other versions, under their dataset's name. */
async function readOthers(against: readonly Digest[], documents: Documents, ctx: JobContext): Promise<Candidate[]> {
  const others: Candidate[] = [];
  for (const digest of against) {
    const { name, parts } = await documents.get("dataset", digest);
    for (const part of parts) {
      ctx.signal.throwIfAborted();
      const { images } = await documents.get("dataset-part", part);
      others.push(...images.map((image) => ({ ...toCandidate(image), path: `${name}:${image.path}` })));
    }
  }
  return others;
}

/** The policy of a run may go on without the jobs that failed. */
function notPrepared(path: string): Refusal {
  return { path, code: "not-prepared", message: "the job that should have read it failed; see the run's log" };
}

/** Second pass over the prepared parts: writes what is kept (`add` says so) in parts of equal size, in the order of the source. */
async function writeParts(
  prepared: readonly Digest[],
  { documents, ctx, add }: { documents: Documents; ctx: JobContext; add: (image: PreparedImage) => boolean },
): Promise<Digest[]> {
  const parts: Digest[] = [];
  let images: PreparedImage[] = [];
  const flush = async () => {
    if (images.length > 0) parts.push(await documents.put("dataset-part", { images }));
    images = [];
  };
  for (const digest of prepared) {
    ctx.signal.throwIfAborted();
    for (const image of (await documents.get("prepared", digest)).images) {
      if (!add(image)) continue;
      images.push(image);
      if (images.length === ITEMS_PER_PART) await flush();
    }
  }
  await flush();
  return parts;
}

function warn(warned: readonly Drop[], gates: readonly GateResult[], ctx: JobContext): void {
  for (const code of new Set(warned.map((one) => one.code))) {
    const paths = warned.filter((one) => one.code === code).map(({ path }) => path);
    const first = warned.find((one) => one.code === code);
    ctx.event("dataset.warning", {
      code,
      count: paths.length,
      message: `${paths.length} kept, though ${code}: ${first?.path}: ${first?.message}`,
      paths: paths.slice(0, NAMED),
    });
  }
  for (const { gate, verdict, message } of gates) {
    if (verdict === "warn") ctx.event("dataset.warning", { code: gate, message });
  }
}

/** Where to look when the dataset was not let through. */
type Evidence = { readonly dataset: Digest; readonly report: Digest };

function checkGates(gates: readonly GateResult[], evidence: Evidence): void {
  const blocked = gates.filter(({ verdict }) => verdict === "block");
  if (blocked.length === 0) return;
  throw new UserError(`The dataset was not let through: ${blocked.map(({ message }) => message).join("; ")}`, {
    code: "gate-blocked",
    details: { gates: blocked.map(({ gate }) => gate), ...evidence },
  });
}

function noneLeft({ statistics, dropped, refused }: DatasetManifest, evidence: Evidence): UserError {
  const [first] = [...refused, ...dropped];
  const reasons = Object.entries(statistics.dropped).map(([code, count]) => `${count} ${code}`);
  const parts = [...(refused.length === 0 ? [] : [`${refused.length} refused`]), ...reasons].join(", ");
  const example = first === undefined ? "" : `; the first: ${first.path}: ${first.message}`;
  return new UserError(`None of ${statistics.found} files was kept: ${parts}${example}`, {
    code: "no-images-left",
    details: { ...evidence },
  });
}
