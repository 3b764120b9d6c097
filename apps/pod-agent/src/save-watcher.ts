import { readdir, rm } from "node:fs/promises";
import { join } from "node:path";
import {
  AgentManifest,
  type AgentStart,
  type AgentUpload,
  type AgentWants,
  type LossPoint,
  stepsOf,
  trainedRoles,
} from "@loramill/contracts";
import { type FoundCheckpoint, imagesSeen, type TrainerAdapter } from "@loramill/trainers";
import { z } from "zod";
import { partsOf, snapshotName, takeSnapshot, type UploadFacts, uploadSnapshot } from "./checkpoint-uploads.ts";
import { type FileFacts, listFiles, orNull, readText, writeWhole } from "./files.ts";
import type { JobPlace } from "./job-place.ts";
import type { TransferParts } from "./transfer.ts";
import { areWhole } from "./whole-files.ts";

/** A copy with what its manifest will say; written last, so that a copy without it was broken off. */
const Snapshot = z.object({ facts: AgentManifest.omit({ format: true, files: true }), files: z.array(z.string()) });
type Snapshot = z.output<typeof Snapshot>;

const MAX_CURVE = 10_000;
/** Until the first save says how large one is. */
const FIRST_GUESS_PARTS = 8;
/**
 * Trainers save between two steps, so one that is so far past a save has finished it: its upload need not wait until the files
 * have been quiet. One step more than that takes, since a bar may be drawn before its step's save.
 */
const STEPS_PAST_SAVE = 2;
/** Saves whose slots are asked for ahead: what comes while no controller speaks is stored all the same. */
const SAVES_AHEAD = 3;

export interface SaveWatcher {
  /** Looks for new saves and samples and copies them for upload. `quietMs` 0 once the trainer has ended. */
  look(at: LookAt): Promise<void>;
  /** Waits until all copies are in the store. Throws what stopped one of them. */
  drain(): Promise<void>;
  readonly hasFinal: boolean;
  /** Asks for the slots of the saves that come after this step. */
  expectAfter(step: number): void;
}

export interface LookAt {
  readonly quietMs: number;
  /** The furthest that the trainer has told of. */
  readonly step: number;
  readonly paidSeconds: number;
  readonly curve: readonly LossPoint[];
  /** Saves from this step on hold no numbers and are left alone; null when all are good. */
  readonly divergedAt: number | null;
}

export interface SaveWatcherParts {
  readonly start: AgentStart;
  readonly place: JobPlace;
  readonly adapter: TrainerAdapter;
  readonly partBytes: number;
  readonly transfer: TransferParts;
  readonly committed: readonly AgentUpload[];
  onCommitted(upload: AgentUpload): Promise<void>;
  say(line: string): Promise<void>;
}

/** Takes over the copies that an agent before this one left. */
export async function openSaveWatcher(parts: SaveWatcherParts): Promise<SaveWatcher> {
  const { start, place, adapter, transfer } = parts;
  const { recipe, resume } = start;
  const totalSteps = stepsOf(recipe);
  const context = { totalSteps, fromStep: resume?.step ?? 0, roles: trainedRoles(recipe) };
  const known = new Set(parts.committed.map(snapshotName));
  const queue: Snapshot[] = [];
  let hasFinal = parts.committed.some(({ final }) => final);
  let working: Promise<void> = Promise.resolve();
  let failure: unknown = null;
  let usualParts = firstParts(start, parts.partBytes);

  const folderOf = (snapshot: Snapshot) => join(place.snapshots, snapshotName(snapshot.facts));

  async function uploadNext(): Promise<void> {
    const snapshot = queue.shift();
    if (snapshot === undefined) return;
    const { facts, files } = snapshot;
    // A slow line: of the saves that wait, only the newest is worth sending.
    const isOutdone = queue.some((later) => later.facts.kind === facts.kind && later.facts.step > facts.step);
    if (facts.kind === "checkpoint" && isOutdone) return rm(folderOf(snapshot), { recursive: true, force: true });
    try {
      const upload = await uploadSnapshot(folderOf(snapshot), files, facts, parts.partBytes, transfer);
      await parts.onCommitted(upload);
    } catch (error) {
      transfer.signal.throwIfAborted();
      await parts.say(`${snapshotName(facts)} could not be stored: ${error instanceof Error ? error.message : error}`);
      // What comes before the end can be done without; the LoRA itself cannot.
      if (facts.final) throw error;
    }
  }

  function enqueue(snapshot: Snapshot): void {
    known.add(snapshotName(snapshot.facts));
    hasFinal ||= snapshot.facts.final;
    queue.push(snapshot);
    working = working.then(uploadNext).catch((error: unknown) => {
      failure ??= error;
    });
  }

  async function copy(found: FoundCheckpoint | null, facts: UploadFacts, files: readonly string[]): Promise<void> {
    const target = join(place.snapshots, snapshotName(facts));
    if (!(await takeSnapshot(place.output, files, target))) return;
    const snapshot = { facts: { ...facts, ...(found === null ? {} : weightsOf(found)) }, files: [...files] };
    await writeWhole(join(target, "snapshot.json"), JSON.stringify(snapshot));
    enqueue(snapshot);
  }

  for (const name of (await orNull(readdir(place.snapshots))) ?? []) {
    const text = await readText(join(place.snapshots, name, "snapshot.json"));
    if (text !== null) enqueue(Snapshot.parse(JSON.parse(text)));
  }

  /** Saves that an earlier look has found. */
  const seen = new Set<string>();

  return {
    get hasFinal() {
      return hasFinal;
    },
    async look({ quietMs, step: reached, paidSeconds, curve, divergedAt }) {
      const files = await listFiles(place.output);
      const byPath = new Map(files.map((file) => [file.path, file]));
      const factsAt = (kind: UploadFacts["kind"], step: number, final: boolean): UploadFacts => ({
        kind,
        marker: start.marker,
        lineage: start.lineage,
        trainer: start.trainer,
        step,
        imagesSeen: imagesSeen(recipe, step),
        paidSeconds: (resume?.paidSeconds ?? 0) + paidSeconds,
        loss: curve.findLast((point) => point.step <= step)?.loss ?? null,
        final,
        resumedFromSteps: [...(resume?.resumedFromSteps ?? []), ...(resume === null ? [] : [resume.step])],
        curve: kind === "checkpoint" ? thin(curve.filter((point) => point.step <= step)) : [],
        weights: null,
      });
      const isReady = (paths: readonly string[], step: number) => {
        const facts = paths.map((path) => byPath.get(path)).filter((file): file is FileFacts => file !== undefined);
        return areWhole(place.output, facts, Date.now(), reached >= step + STEPS_PAST_SAVE ? 0 : quietMs);
      };
      for (const found of adapter.findCheckpoints(files, context)) {
        const facts = factsAt("checkpoint", found.step, found.final);
        const isOld = !found.final && (found.step <= context.fromStep || found.step >= totalSteps);
        if (isOld || known.has(snapshotName(facts))) continue;
        if (divergedAt !== null && found.step >= divergedAt) continue;
        // Before the log that `curve` is from, the trainer may not have told of this step yet; at the next look it has.
        const isTold = reached >= found.step || quietMs === 0 || seen.has(snapshotName(facts));
        seen.add(snapshotName(facts));
        if (!isTold) continue;
        if (!(await isReady(found.files, found.step))) continue;
        usualParts = partsOf(
          found.files.map((path) => byPath.get(path)?.bytes ?? 0),
          parts.partBytes,
        );
        await copy(found, facts, found.files);
      }
      for (const [step, paths] of samplesByStep(adapter.findSamples(files, context))) {
        const facts = factsAt("samples", step, false);
        // One prompt is drawn after the other: a round is whole with the last, or when the trainer has ended.
        const isRound = paths.length >= recipe.samplePrompts.length || quietMs === 0;
        if (isRound && !known.has(snapshotName(facts)) && (await isReady(paths, step))) await copy(null, facts, paths);
      }
    },
    expectAfter: (step) => transfer.grants.expect(slotsAfter(step, start, usualParts)),
    async drain() {
      await working;
      if (failure !== null) throw failure;
    },
  };
}

/** Slots that the first save is expected to take: as many as the one that the training goes on from. */
export const firstParts = ({ resume }: AgentStart, partBytes: number): number =>
  resume === null
    ? FIRST_GUESS_PARTS
    : partsOf(
        resume.files.map(({ bytes }) => bytes),
        partBytes,
      );

/** What the saves after a step want, the next first. */
export function slotsAfter(step: number, { recipe, resume }: AgentStart, parts: number): AgentWants["writes"] {
  const [fromStep, totalSteps, every] = [resume?.step ?? 0, stepsOf(recipe), recipe.saveEverySteps];
  const round = Math.floor((step - fromStep) / every) + 1;
  const steps = Array.from({ length: SAVES_AHEAD }, (_, i) => Math.min(totalSteps, fromStep + (round + i) * every));
  return [...new Set(steps)].map((next) => ({ kind: "checkpoint", step: next, epoch: null, parts }));
}

/** How a manifest names the files that hold the LoRA. */
function weightsOf({ weights }: FoundCheckpoint): Pick<AgentManifest, "weights" | "experts"> {
  const [first] = weights;
  if (first === undefined || first.role === "both") return { weights: first?.path ?? null };
  return { weights: first.path, experts: weights.map(({ role, path }) => ({ role, name: path })) };
}

function samplesByStep(samples: readonly { step: number; path: string }[]): Map<number, string[]> {
  const rounds = new Map<number, string[]>();
  for (const { step, path } of samples) rounds.set(step, [...(rounds.get(step) ?? []), path]);
  return rounds;
}

/** Every n-th point and the last one. */
function thin(curve: readonly LossPoint[]): LossPoint[] {
  const every = Math.ceil(curve.length / MAX_CURVE);
  return curve.filter((_, i) => every <= 1 || i % every === 0 || i === curve.length - 1);
}
