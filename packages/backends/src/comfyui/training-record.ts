import { digestOf, type ObjectStore, TrainingSample } from "@loramill/contracts";
import { z } from "zod";
import { openRecords, type Records } from "../job-records.ts";

/** What is known of a job's training on a ComfyUI server; in the store, so that any worker goes on with it. */
const ComfyUiRecord = z.object({
  marker: z.string(),
  /** Host and path of the server that has it. */
  server: z.string(),
  promptId: z.string(),
  /** How often it was begun anew; the prompt's id and the file's name follow from it. */
  attempt: z.int().min(1),
  /** `intent`: about to be sent, and perhaps sent. */
  state: z.enum(["intent", "open", "ended", "failed", "cancelled", "lost"]),
  /** Optimiser steps; they are in the name of the file. */
  steps: z.int().min(1),
  /** Node whose progress is the training's. */
  trainNode: z.string(),
  /** Name under which the server keeps the encoded pictures. */
  kept: z.string().nullable(),
  /** What the pictures made necessary. */
  changes: z.array(z.object({ code: z.string(), message: z.string() })),
  /** What was drawn with the finished LoRA. */
  samples: z.array(TrainingSample).default([]),
  /** When the server began to run it, as far as it was seen. */
  startedAt: z.iso.datetime().nullable(),
  step: z.int().min(0),
  /** Since when the server has not answered; null while it does. */
  silentSince: z.iso.datetime().nullable(),
  /** Seconds the GPU was held by each prompt of this job that is over or under way. */
  seconds: z.record(z.string(), z.number().min(0)),
});
export type ComfyUiRecord = z.output<typeof ComfyUiRecord>;

export const openTrainingRecords = (objects: ObjectStore): Records<ComfyUiRecord> =>
  openRecords(objects, "comfyui", ComfyUiRecord);

/** A UUID that follows from the job and the attempt: whoever tries again sends, and looks for, the same one. */
export function promptIdOf(marker: string, attempt: number): string {
  const hex = digestOf({ marker, attempt }).slice(0, 32);
  return [hex.slice(0, 8), hex.slice(8, 12), `8${hex.slice(13, 16)}`, `a${hex.slice(17, 20)}`, hex.slice(20)].join("-");
}

/** Start of the name of the file that a prompt saves; nobody else's, or the server would answer with an older file. */
export const filePrefix = (promptId: string): string => `loramill-${promptId}`;
