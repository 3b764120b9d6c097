import { z } from "zod";
import { PageQuery, page, StepStateName } from "./api.ts";
import { JsonObject } from "./digest.ts";
import { ErrorRecord } from "./errors.ts";
import { RunId, StepId } from "./ids.ts";
import { MicroUsd } from "./money.ts";

const Time = z.iso.datetime().nullable();

/** A training as lists show it: the train step of a run, with what it is to do and how far it is. */
export const TrainingSummary = z.object({
  id: StepId,
  run: RunId,
  runName: z.string(),
  project: z.string(),
  step: z.string().describe("Name of the step in its run"),
  name: z.string().describe("Of the LoRA that it makes"),
  state: StepStateName,
  backend: z.string(),
  gpu: z.string().nullable().describe("Type of the rented GPU that it was planned for, as its provider calls it"),
  family: z.string(),
  baseModel: z.string(),
  rank: z.int(),
  steps: z.int().describe("Length of the training, in optimiser steps"),
  triggerWord: z.string().nullable(),
  progress: JsonObject.nullable().describe("What it said last: step, total, loss, averageLoss, etaSeconds"),
  summary: JsonObject.describe("What came of it, such as its last loss; empty until then"),
  reusedFrom: RunId.nullable().describe("The run whose result was taken instead"),
  lora: z
    .object({ id: z.string(), name: z.string(), version: z.int() })
    .nullable()
    .describe("What it made, as long as that is in the library"),
  error: ErrorRecord.nullable(),
  estimatedSeconds: z.number().describe("As its plan expected"),
  spentMicroUsd: MicroUsd,
  createdAt: z.iso.datetime().describe("When its run was started"),
  startedAt: Time,
  endedAt: Time,
});
export type TrainingSummary = z.output<typeof TrainingSummary>;

export const TrainingPage = page(TrainingSummary);

export const TrainingQuery = PageQuery.extend({
  project: z.string().optional().describe("Of this project; callers of one project see theirs"),
  state: StepStateName.optional(),
  family: z.string().max(64).optional().describe("Family of the base model, such as sdxl"),
});
export type TrainingQueryInput = z.input<typeof TrainingQuery>;
