import { setTimeout as pause } from "node:timers/promises";
import { PermanentError, TransientError, UserError } from "@loramill/contracts";
import { type Graph, listed } from "@loramill/graphs";
import { z } from "zod";
import type { Connection } from "./connection.ts";
import { type PromptEnd, readEnd } from "./prompt-end.ts";

export interface PromptToSubmit {
  /** A lower-case UUID of the caller's: it finds the prompt again when the answer was lost. */
  readonly id: string;
  /** Whose socket is told about it. */
  readonly clientId: string;
  readonly graph: Graph;
  /** Kept by the server as `workflow_id`: whose prompt it is. */
  readonly owner: string;
  /** Whether the server shall show how far a picture is (0.4); left out: as it was started. */
  readonly previews?: boolean;
}

export type PromptState =
  /** `ahead`: prompts that run or wait before it. */
  | { readonly kind: "pending"; readonly ahead: number }
  | { readonly kind: "running"; readonly startedAt: Date | null }
  | PromptEnd
  /** Neither queued nor remembered: never arrived, dequeued, forgotten, or the server was restarted. */
  | { readonly kind: "absent" };

export interface Prompts {
  /**
   * Queues a graph. The server takes one id as often as it is sent: `find` it first when an answer may have been lost.
   * UserError `graph-refused` names the nodes and inputs; nothing of a partly valid graph is left in the queue.
   */
  submit(prompt: PromptToSubmit, signal: AbortSignal): Promise<void>;
  find(id: string, signal: AbortSignal): Promise<PromptState>;
  /** Prompts that run or wait, whoever sent them; within `timeoutMs`, if given, instead of the usual time. */
  queued(signal: AbortSignal, timeoutMs?: number): Promise<number>;
  /** Dequeues or interrupts that prompt and no other, and waits until the server has let go of it. */
  cancel(id: string, signal: AbortSignal): Promise<"cancelled" | "already-ended" | "unknown">;
}

const NodeError = z.looseObject({
  class_type: z.string().catch("?"),
  errors: z
    .array(
      z.looseObject({
        type: z.string().catch(""),
        message: z.string().catch(""),
        details: z.string().catch(""),
      }),
    )
    .catch([]),
});
const NodeErrors = z.record(z.string(), NodeError).catch({});
const Accepted = z.looseObject({ prompt_id: z.string(), node_errors: NodeErrors.default({}) });
const Refused = z.looseObject({
  error: z.looseObject({ type: z.string().catch(""), message: z.string().catch(""), details: z.string().catch("") }),
  node_errors: NodeErrors.default({}),
});
/** `[number, prompt_id, graph, …]`. */
const QueueItem = z.tuple([z.number(), z.string()]).rest(z.unknown());
const Queue = z.looseObject({ queue_running: z.array(QueueItem), queue_pending: z.array(QueueItem) });
const Counted = z.looseObject({ exec_info: z.looseObject({ queue_remaining: z.int().min(0) }) });
const History = z.record(z.string(), z.unknown());

/** A first look again after this long, while a cancelled prompt comes to a place where it stops. */
const CANCEL_PAUSE_MS = 150;

export function openPrompts(connection: Connection): Prompts {
  const read = <T>(schema: z.ZodType<T>, json: unknown, what: string): T => {
    const parsed = schema.safeParse(json);
    if (parsed.success) return parsed.data;
    throw new TransientError(`ComfyUI at ${connection.name} answered something that is no ${what}`, {
      code: "bad-answer",
    });
  };

  const readQueue = async (signal: AbortSignal) =>
    read(Queue, (await connection.ask("/queue", { signal })).json, "queue");

  async function readHistory(id: string, signal: AbortSignal): Promise<PromptEnd | null> {
    const { json } = await connection.ask(`/history/${id}`, { signal });
    const entry = read(History, json, "history")[id];
    return entry === undefined ? null : readEnd(entry);
  }

  async function find(id: string, signal: AbortSignal): Promise<PromptState> {
    const before = await readHistory(id, signal);
    if (before !== null) return before;
    const { queue_running: running, queue_pending: pending } = await readQueue(signal);
    if (running.some(([, found]) => found === id)) return { kind: "running", startedAt: await startOf(id, signal) };
    const own = pending.find(([, found]) => found === id);
    if (own !== undefined) {
      return { kind: "pending", ahead: running.length + pending.filter(([number]) => number < own[0]).length };
    }
    // It may have ended between the two looks.
    return (await readHistory(id, signal)) ?? { kind: "absent" };
  }

  /** When it began to run, where the server has jobs (0.5.1); null elsewhere. */
  async function startOf(id: string, signal: AbortSignal): Promise<Date | null> {
    const { json } = await connection.ask(`/api/jobs/${id}`, { signal, accept: [404, 405] });
    const start = z.looseObject({ execution_start_time: z.number().positive() }).safeParse(json).data;
    return start === undefined ? null : new Date(start.execution_start_time);
  }

  async function letGo(id: string, state: PromptState, signal: AbortSignal): Promise<void> {
    const { status, json } = await connection.ask(`/api/jobs/${id}/cancel`, {
      method: "POST",
      signal,
      accept: [404, 405],
    });
    const isDone = status === 200 && z.looseObject({ cancelled: z.literal(true) }).safeParse(json).success;
    if (isDone) return;
    // Servers before 0.25 have two commands. Each names the prompt: a bare interrupt would hit whatever runs just then.
    if (state.kind === "pending") await connection.ask("/queue", { body: { delete: [id] }, signal });
    else await connection.ask("/interrupt", { body: { prompt_id: id }, signal });
  }

  /** Takes back what was only just sent. */
  async function withdraw(id: string, signal: AbortSignal): Promise<void> {
    await letGo(id, { kind: "pending", ahead: 0 }, signal);
    await letGo(id, { kind: "running", startedAt: null }, signal);
  }

  return {
    async submit({ id, clientId, graph, owner, previews }, signal) {
      const body = {
        prompt: graph,
        prompt_id: id,
        client_id: clientId,
        extra_data: {
          extra_pnginfo: { workflow: { id: owner } },
          ...(previews === undefined ? {} : { preview_method: previews ? "auto" : "none" }),
        },
      };
      const { status, json } = await connection.ask("/prompt", { body, signal, accept: [400] });
      if (status === 400) {
        const { error, node_errors: nodes } = read(Refused, json, "refusal");
        throw refusal(connection.name, error.message || error.type, error.details, nodes);
      }
      const accepted = read(Accepted, json, "receipt");
      if (accepted.prompt_id !== id) {
        await withdraw(accepted.prompt_id, signal);
        throw new PermanentError(
          `ComfyUI at ${connection.name} runs the prompt under an id of its own, so it could not be found again: update it to 0.24 or later`,
          { code: "prompt-id-ignored" },
        );
      }
      if (Object.keys(accepted.node_errors).length > 0) {
        await withdraw(id, signal);
        throw refusal(connection.name, "parts of the graph would have been left out", "", accepted.node_errors);
      }
    },

    find,

    async queued(signal, timeoutMs) {
      const { json } = await connection.ask("/prompt", { signal, ...(timeoutMs === undefined ? {} : { timeoutMs }) });
      return read(Counted, json, "count").exec_info.queue_remaining;
    },

    async cancel(id, signal) {
      const first = await find(id, signal);
      if (first.kind === "absent") return "unknown";
      let state: PromptState = first;
      while (state.kind === "pending" || state.kind === "running") {
        await letGo(id, state, signal);
        state = await find(id, signal);
        if (state.kind === "pending" || state.kind === "running") await pause(CANCEL_PAUSE_MS, undefined, { signal });
      }
      if (state.kind === "succeeded" || state.kind === "failed") return "already-ended";
      return "cancelled";
    },
  };
}

function refusal(server: string, message: string, details: string, nodes: z.output<typeof NodeErrors>): UserError {
  const problems = Object.values(nodes).flatMap(({ class_type: type, errors }) =>
    errors.map((error) => `${type}: ${error.message}${error.details === "" ? "" : ` (${error.details})`}`),
  );
  const said = problems.length > 0 ? listed(problems) : [message, details].filter((part) => part !== "").join(": ");
  return new UserError(`ComfyUI at ${server} refused the graph: ${said.slice(0, 1500)}`, { code: "graph-refused" });
}
