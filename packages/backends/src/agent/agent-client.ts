import {
  AgentHealth,
  AgentJob,
  type AgentPoll,
  type AgentStart,
  isRetryableStatus,
  PermanentError,
  redact,
  TransientError,
  UserError,
} from "@loramill/contracts";
import { fetch as undiciFetch } from "undici";
import { z } from "zod";
import { parseJson, readText } from "../http-answer.ts";

/** One pod-agent. What it does not know it answers as null; what it refuses is thrown. */
export interface AgentClient {
  readonly url: string;
  health(signal?: AbortSignal): Promise<AgentHealth>;
  /** The training of a marker. */
  find(marker: string, signal: AbortSignal): Promise<AgentJob | null>;
  start(request: AgentStart, signal: AbortSignal): Promise<AgentJob>;
  poll(id: string, request: AgentPoll, signal: AbortSignal): Promise<AgentJob | null>;
  cancel(id: string, epoch: number, signal: AbortSignal): Promise<AgentJob | null>;
}

const Problem = z.object({ code: z.string(), detail: z.string() });
const ANSWER_MS = 30_000;
/** A stop waits for the trainer to end. */
const CANCEL_MS = 15_000;
const HEALTH_MS = 5_000;
/** Whoever owns a rented machine may answer in its agent's place. */
const MAX_ANSWER_BYTES = 16 * 1024 * 1024;

/** The agent did not answer: it may have got the request. */
export const UNREACHABLE = "agent-unreachable";

interface AgentClientParts {
  readonly fetch?: typeof undiciFetch | undefined;
  /** On a machine that has answered once: what a proxy says in its place, of whatever status, is that it does not answer now. */
  readonly isRented?: boolean;
}

export function createAgentClient(
  url: string,
  token: string,
  { fetch = undiciFetch, isRented = false }: AgentClientParts = {},
): AgentClient {
  const host = new URL(url).host;

  async function ask(path: string, body: unknown, timeoutMs: number, given?: AbortSignal): Promise<unknown> {
    const timeout = AbortSignal.timeout(timeoutMs);
    let answer: { readonly status: number; readonly body: unknown };
    try {
      const response = await fetch(`${url}${path}`, {
        method: body === undefined ? "GET" : "POST",
        // Networks in front of rented machines refuse clients by the usual names of their libraries.
        headers: { authorization: `Bearer ${token}`, "content-type": "application/json", "user-agent": "loramill" },
        ...(body === undefined ? {} : { body: JSON.stringify(body) }),
        redirect: "manual",
        signal: given === undefined ? timeout : AbortSignal.any([given, timeout]),
      });
      answer = {
        status: response.status,
        body: parseJson(await readText(response.body, MAX_ANSWER_BYTES, "the agent")),
      };
    } catch (error) {
      given?.throwIfAborted();
      const reason = error instanceof Error ? (error.cause instanceof Error ? error.cause.message : error.message) : "";
      throw new TransientError(`the agent at ${host} cannot be reached (${redact(reason)})`, {
        code: UNREACHABLE,
        cause: error,
      });
    }
    if (answer.status >= 200 && answer.status < 300) return answer.body;
    throw refusal({ host, isRented }, answer.status, Problem.safeParse(answer.body).data);
  }

  const job = (answer: unknown): AgentJob => {
    const parsed = AgentJob.safeParse(answer);
    if (parsed.success) return parsed.data;
    throw new PermanentError(`the agent at ${host} answers in another language: start it in this version`, {
      code: "agent-version",
    });
  };
  const known = async (answer: Promise<unknown>): Promise<AgentJob | null> => {
    try {
      return job(await answer);
    } catch (error) {
      if (error instanceof PermanentError && error.code === "job-not-found") return null;
      throw error;
    }
  };

  return {
    url,
    health: async (signal) => AgentHealth.parse(await ask("/v1/health", undefined, HEALTH_MS, signal)),
    find: (marker, signal) => known(ask(`/v1/markers/${encodeURIComponent(marker)}`, undefined, HEALTH_MS, signal)),
    start: async (request, signal) => job(await ask("/v1/jobs", request, ANSWER_MS, signal)),
    poll: (id, request, signal) => known(ask(`/v1/jobs/${id}/poll`, request, ANSWER_MS, signal)),
    cancel: (id, epoch, signal) => known(ask(`/v1/jobs/${id}/cancel`, { epoch }, CANCEL_MS, signal)),
  };
}

/** What an agent's refusal means; decided here and nowhere else. A proxy's answer has no code of the agent's. */
function refusal(
  { host, isRented }: { readonly host: string; readonly isRented: boolean },
  status: number,
  problem: z.output<typeof Problem> | undefined,
): Error {
  const details = { status };
  if (problem === undefined) {
    const message = `the agent at ${host} cannot be reached (its proxy answered ${status})`;
    if (isRented || isRetryableStatus(status)) return new TransientError(message, { code: UNREACHABLE, details });
    return new PermanentError(`${message}: look at AGENT_URLS`, { code: "agent-refused", details });
  }
  const { code, detail } = problem;
  const message = `the agent at ${host} answered: ${detail}`;
  if (status === 401)
    return new PermanentError(`${message} (AGENT_TOKEN here)`, { code: "agent-key-refused", details });
  if (code === "capacity") return new TransientError(message, { code, details });
  // Its machine lives, but nobody there knows of trainings: as good as no answer.
  if (code === "agent-not-open") return new TransientError(message, { code: UNREACHABLE, details });
  if (code === "job-not-found" || code === "stale-epoch") return new PermanentError(message, { code, details });
  if (isRetryableStatus(status)) return new TransientError(message, { code, details });
  return new UserError(message, { code, details });
}
