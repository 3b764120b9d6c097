import { z } from "zod";

/** What is before a queue: jobs that are open or wait, of all projects. */
export const QueueView = z.object({
  queue: z.string(),
  waiting: z.int().min(0).describe("Not released yet: beyond the window, or held back by a limit"),
  released: z.int().min(0).describe("For the next worker that is free"),
  active: z.int().min(0),
  parked: z.int().min(0).describe("Between two short turns"),
  due: z.int().min(0).describe("Of the parked, those whose time has come"),
  starved: z.int().min(0).describe("Of the parked, those for an agent that none could take when they last asked"),
  lostWorkers: z.int().min(0).describe("How often the jobs that are open now have lost their worker"),
  oldestWaitSeconds: z.number().min(0),
});
export type QueueView = z.output<typeof QueueView>;
export const QueueList = z.object({ items: z.array(QueueView) });
export type QueueList = z.output<typeof QueueList>;
