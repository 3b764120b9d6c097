import { type BundledStep, reach } from "@loramill/bundles";
import { blobKey, outputAt, type Stores } from "@loramill/contracts";
import type { ReceivedBundle } from "./receive-bundle.ts";

/** What is there of a step's output. */
export interface StepContent {
  readonly step: string;
  /** Nothing is missing: it can stand for the work. */
  readonly isWhole: boolean;
  /** What it shows can be opened. */
  readonly isShown: boolean;
  readonly reason: string;
}

/** Kinds of steps whose output is nothing without its pictures. */
const SHOWS_PICTURES = ["generate", "grid"];

/** Looks for what bundles may leave out: it may have come with an earlier one. */
export async function stepContents(
  steps: readonly BundledStep[],
  { refer }: Pick<ReceivedBundle, "refer">,
  { objects }: Pick<Stores, "objects">,
  signal: AbortSignal,
): Promise<StepContent[]> {
  const contents: StepContent[] = [];
  for (const { planned, record } of steps) {
    const at = record.output === null ? null : outputAt(planned.kind, record.output);
    if (at === null) {
      contents.push({ step: record.name, isWhole: false, isShown: true, reason: `it was ${record.state}` });
      continue;
    }
    const { blobs } = await reach({ documents: [at], blobs: [] }, refer);
    const isWhole = await areThere([...blobs.keys()].map(blobKey), objects, signal);
    contents.push({
      ...{ step: record.name, isWhole, isShown: isWhole || !SHOWS_PICTURES.includes(planned.kind) },
      reason: isWhole ? "the bundle says that it was done elsewhere" : "its pictures were left out of the bundle",
    });
  }
  return contents;
}

const LOOKUPS_AT_ONCE = 32;

async function areThere(keys: readonly string[], objects: Stores["objects"], signal: AbortSignal): Promise<boolean> {
  for (let from = 0; from < keys.length; from += LOOKUPS_AT_ONCE) {
    const some = keys.slice(from, from + LOOKUPS_AT_ONCE);
    const found = await Promise.all(some.map((key) => objects.head(key, { signal })));
    if (found.includes(null)) return false;
  }
  return true;
}
