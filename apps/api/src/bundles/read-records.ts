import {
  type BundledStep,
  type BundleManifest,
  badBundle,
  checkRecord,
  EventRecord,
  LibraryRecord,
  RunRecord,
} from "@loramill/bundles";
import { type Digest, digestOf, PlanLock, RunSpec } from "@loramill/contracts";
import { stepKey } from "@loramill/orchestration";
import { z } from "zod";

/** What the records of a bundle say, held against one another. */
export interface BundleRecords {
  readonly library: LibraryRecord;
  readonly run: {
    readonly record: RunRecord;
    /** Of the record as it is written: what names the run, whatever later programs add to what they read. */
    readonly digest: Digest;
    readonly spec: RunSpec;
    readonly lock: PlanLock;
    readonly events: readonly EventRecord[];
    readonly steps: readonly BundledStep[];
  } | null;
}

const RUN_FILES = ["run.json", "spec.json", "plan.lock.json", "events.jsonl"];

/** Reads the records of a bundle by their names in it. Throws UserError `bad-bundle`. */
export function readRecords({ kind }: Pick<BundleManifest, "kind">, files: ReadonlyMap<string, Buffer>): BundleRecords {
  const strange = RUN_FILES.find((file) => files.has(file) !== (kind === "run"));
  if (strange !== undefined)
    throw badBundle(`the bundle of a ${kind} ${kind === "run" ? "needs" : "has no"} ${strange}`);
  const library = parseFile(files, "library.json", LibraryRecord);
  if (kind === "project") return { library, run: null };
  if (library.recipes.length + library.captions.length > 0) throw badBundle("the bundle of a run brings no recipes");
  const lock = parseFile(files, "plan.lock.json", PlanLock);
  const record = parseFile(files, "run.json", RunRecord);
  const spec = parseFile(files, "spec.json", RunSpec);
  const steps = checkRecord(record, { lock, digest: digestOf(jsonOf(files, "plan.lock.json")) }, stepKey);
  const lines = textOf(files, "events.jsonl")
    .split("\n")
    .filter((line) => line !== "");
  const events = lines.map((line) => check(parseJson(line, "events.jsonl"), "events.jsonl", EventRecord));
  return { library, run: { record, digest: digestOf(jsonOf(files, "run.json")), spec, lock, events, steps } };
}

const parseFile = <T extends z.ZodType>(files: ReadonlyMap<string, Buffer>, path: string, schema: T): z.output<T> =>
  check(jsonOf(files, path), path, schema);

function jsonOf(files: ReadonlyMap<string, Buffer>, path: string): unknown {
  return parseJson(textOf(files, path), path);
}

function textOf(files: ReadonlyMap<string, Buffer>, path: string): string {
  const bytes = files.get(path);
  if (bytes === undefined) throw badBundle(`it lacks ${path}`);
  return bytes.toString("utf8");
}

function parseJson(text: string, path: string): unknown {
  try {
    return JSON.parse(text);
  } catch (error) {
    throw badBundle(`${path} is no JSON`, error);
  }
}

function check<T extends z.ZodType>(value: unknown, path: string, schema: T): z.output<T> {
  const parsed = schema.safeParse(value);
  if (parsed.success) return parsed.data;
  throw badBundle(`${path} is not what it should be: ${z.prettifyError(parsed.error).slice(0, 400)}`);
}
