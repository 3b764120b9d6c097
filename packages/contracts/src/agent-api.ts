import { z } from "zod";
import { Digest } from "./digest.ts";
import { ErrorRecord } from "./errors.ts";
import { LoraRole, LossPoint } from "./lora-documents.ts";
import { Recipe } from "./recipe.ts";

/** The programs that a pod-agent runs as child processes. */
export const TrainerName = z.enum(["ai-toolkit", "sd-scripts", "simpletuner"]);
export type TrainerName = z.output<typeof TrainerName>;

const Count = z.int().min(0);
const Seconds = z.number().min(0);
const Epoch = z.int().min(0);
const Url = z.url({ protocol: /^https?$/ });
const ObjectKey = z.string().min(1).max(1024);
/** A path inside a checkpoint; no part of it may leave the folder or hide. */
const FileName = z.string().regex(/^[\w-][\w.-]*(\/[\w-][\w.-]*){0,4}$/);

/** One file of a checkpoint, stored as one or more objects in order, so that a broken upload goes on where it was. */
export const StoredFile = z.strictObject({
  name: FileName,
  bytes: Count,
  sha256: Digest,
  parts: z.array(z.strictObject({ key: ObjectKey, bytes: Count, sha256: Digest })).max(10_000),
});
export type StoredFile = z.output<typeof StoredFile>;

/** `COMMITTED.json` of an agent's checkpoint or round of samples: written last, so that what has one is whole. */
export const AgentManifest = z.strictObject({
  format: z.literal("loramill-agent-checkpoint/1"),
  kind: z.enum(["checkpoint", "samples"]),
  marker: z.string().max(128),
  /** Digest of what is trained: a checkpoint of another dataset or recipe is not gone on from. */
  lineage: Digest,
  trainer: TrainerName,
  /** Absolute, whatever the trainer counts from. */
  step: Count,
  imagesSeen: Count,
  paidSeconds: Seconds,
  loss: z.number().nullable(),
  final: z.boolean(),
  resumedFromSteps: z.array(Count).max(10_000),
  curve: z.array(LossPoint).max(20_000),
  /** File that holds the LoRA; null in a round of samples. */
  weights: FileName.nullable(),
  /** Files of single experts, `weights` the first of them; left out where one file is for the whole model. */
  experts: z
    .array(z.strictObject({ role: LoraRole, name: FileName }))
    .min(1)
    .max(2)
    .optional(),
  files: z.array(StoredFile).max(1_000),
});
export type AgentManifest = z.output<typeof AgentManifest>;

export const AgentImage = z.strictObject({
  sha256: Digest,
  bytes: Count,
  mediaType: z.string().max(128),
  width: z.int().min(1),
  height: z.int().min(1),
  caption: z.string().max(20_000),
});
export type AgentImage = z.output<typeof AgentImage>;

/** A file of the base model by the part it plays, such as `base`, `clip_l`, `t5xxl` or `ae`. */
export const AgentModelFile = z.strictObject({
  role: z.string().regex(/^[a-z][a-z0-9_]{0,31}$/),
  name: z.string().regex(/^[\w-][\w.-]{0,199}$/),
  bytes: Count,
  sha256: Digest,
  /** Read by a grant for this key, else from the URL. */
  key: ObjectKey.nullable(),
  url: Url.nullable(),
});
export type AgentModelFile = z.output<typeof AgentModelFile>;

/** What an agent asks for and the controller signs: reads by key, and slots for the parts of an upload. */
export const AgentWants = z.strictObject({
  reads: z.array(ObjectKey).max(2_000),
  writes: z
    .array(
      z.strictObject({
        kind: AgentManifest.shape.kind,
        step: Count,
        /** Epoch under which it was granted first: what is half uploaded stays where it is. Null: not yet granted. */
        epoch: Epoch.nullable(),
        parts: z.int().min(1).max(10_000),
      }),
    )
    .max(16),
});
export type AgentWants = z.output<typeof AgentWants>;

export const AgentGrants = z.strictObject({
  expiresSeconds: z.int().min(1),
  reads: z.record(ObjectKey, Url),
  writes: z
    .array(
      z.strictObject({
        kind: AgentManifest.shape.kind,
        step: Count,
        epoch: Epoch,
        /** Keys begin with this; part n is `<prefix>part-000n`. */
        prefix: ObjectKey,
        parts: z.array(Url).max(10_000),
        manifest: Url,
      }),
    )
    .max(16),
});
export type AgentGrants = z.output<typeof AgentGrants>;
export type AgentWriteGrant = AgentGrants["writes"][number];

/** Who speaks, and for how long the agent may work without hearing from it again. */
const Lease = { epoch: Epoch, leaseSeconds: z.int().min(1).max(86_400) };

export const AgentStart = z.strictObject({
  ...Lease,
  marker: z.string().min(1).max(128),
  /** Digest of all that was asked for: a start of the same marker with another one replaces the training. */
  request: Digest,
  /** The same without what may change when a training goes on, such as a lower rate. */
  lineage: Digest,
  trainer: TrainerName,
  recipe: Recipe,
  images: z.array(AgentImage).min(1).max(100_000),
  regularisationImages: z.array(AgentImage).max(100_000),
  models: z.array(AgentModelFile).max(32),
  resume: AgentManifest.nullable(),
  grants: AgentGrants,
});
export type AgentStart = z.output<typeof AgentStart>;

export const AgentPoll = z.strictObject({
  ...Lease,
  /** Byte of the trainer's log to read from; null goes on after the last answer. */
  logOffset: Count.nullable(),
  grants: AgentGrants,
});
export type AgentPoll = z.output<typeof AgentPoll>;

export const AgentCancel = z.strictObject({ epoch: Epoch });

/** `staging` fetches what is needed, `saving` uploads what is left; the last four are final. */
export const AgentJobState = z.enum(["staging", "running", "saving", "succeeded", "failed", "cancelled", "preempted"]);
export type AgentJobState = z.output<typeof AgentJobState>;

export const AgentProgress = z.strictObject({
  step: Count,
  totalSteps: z.int().min(1),
  loss: z.number().nullable(),
  averageLoss: z.number().nullable(),
  stepsPerSecond: z.number().nullable(),
  etaSeconds: z.number().nullable(),
  imagesSeen: Count,
  paidSeconds: Seconds,
});
export type AgentProgress = z.output<typeof AgentProgress>;

/** A checkpoint or round of samples whose marker is in the store. */
export const AgentUpload = z.object({
  kind: AgentManifest.shape.kind,
  step: Count,
  imagesSeen: Count,
  paidSeconds: Seconds,
  loss: z.number().nullable(),
  final: z.boolean(),
  prefix: ObjectKey,
});
export type AgentUpload = z.output<typeof AgentUpload>;

/** Read leniently: an agent may be newer than its controller. */
export const AgentJob = z.object({
  id: z.string().min(1).max(128),
  marker: z.string(),
  request: Digest,
  trainer: TrainerName,
  state: AgentJobState,
  error: ErrorRecord.nullable(),
  progress: AgentProgress,
  /** Committed since the last answer; in a final state, all of them. */
  uploads: z.array(AgentUpload),
  /**
   * Of the newest checkpoint that is in the store, or that it began from; 0 before. Unlike `uploads` it is told every time.
   * Left out by agents that do not know it.
   */
  savedStep: Count.optional(),
  wants: AgentWants,
  log: z.object({ from: Count, next: Count, text: z.string() }),
  /** How long this training has had the machine, from the moment it was given it; never less than it said before. */
  meter: z.object({ seconds: Seconds, isFinal: z.boolean() }),
});
export type AgentJob = z.output<typeof AgentJob>;

/** Most digests that a health answer names. */
export const MAX_HELD_DIGESTS = 256;

/** What lies in an agent's cache, which may be one volume for several agents. */
export const AgentCacheHealth = z.object({
  /** Of all whole and half files. */
  bytes: Count,
  maxBytes: Count,
  /** Verified and whole, the largest first, so that base models come before pictures. */
  digests: z.array(Digest).max(MAX_HELD_DIGESTS),
});
export type AgentCacheHealth = z.output<typeof AgentCacheHealth>;

export const AgentHealth = z.object({
  version: z.string(),
  trainers: z.array(TrainerName),
  maxJobs: z.int().min(0),
  activeJobs: Count,
  /** Left out by agents that know no cache by digest. */
  cache: AgentCacheHealth.optional(),
});
export type AgentHealth = z.output<typeof AgentHealth>;
