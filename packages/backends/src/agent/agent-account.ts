import {
  type AgentJob,
  type Clock,
  type ComputeProvider,
  type RentedMachine,
  TransientError,
} from "@loramill/contracts";
import { type Attempt, billed, ended, handedOver, metered, nothing } from "./agent-attempts.ts";

/** Earlier ones were told often enough. */
export const MAX_ATTEMPTS = 16;

export interface AgentAccount {
  /** A training is given to an agent: a new attempt, unless it goes on with the one that it has there. */
  give(attempts: readonly Attempt[], to: GivenTo, signal: AbortSignal): Promise<Attempt[]>;
  /** The agent answered. One that begins anew on a machine that nobody bills begins a new attempt: its meter does. */
  accept(attempts: readonly Attempt[], at: { jobId: string; epoch: number }): Attempt[];
  /** What is known now. `job` is the agent's answer about the last attempt, `end` tells that this one has ended. */
  look(attempts: readonly Attempt[], news: News, signal: AbortSignal): Promise<Attempt[]>;
}

export interface GivenTo {
  /** Address of the agent. */
  readonly agent: string;
  /** Name of its pod, where it is on one; left out, a machine is known by its address alone. */
  readonly pod?: string | null;
  readonly epoch: number;
}

export interface News {
  readonly job?: AgentJob;
  readonly end?: "lives" | "gone";
}

/**
 * What the machines of a training cost. A machine that a provider rents out is paid for from the moment at which the training
 * was given it until the provider says that it ended, or the training did; any other by what its agent's meter showed last.
 * Without `machines` there is no provider.
 */
export function openAgentAccount(parts: {
  readonly machines: ComputeProvider["machines"] | undefined;
  readonly clock: Clock;
  readonly usdPerHour: number;
}): AgentAccount {
  const nowMs = () => parts.clock.now().getTime();
  const list = async (signal: AbortSignal) => (await parts.machines?.(signal)) ?? [];

  function attemptOn(agent: string, epoch: number, machine: RentedMachine | undefined): Attempt {
    const { seconds, amountMicroUsd } = machine?.bill ?? { seconds: 0, amountMicroUsd: 0 };
    return {
      id: `${epoch}@${new URL(agent).host}`.slice(0, 120),
      agent,
      machine: machine?.remoteId ?? null,
      pod: machine?.name ?? null,
      jobId: null,
      microUsdPerHour: machine?.pricePerHourMicroUsd ?? parts.usdPerHour * 1_000_000,
      before: { seconds, microUsd: amountMicroUsd },
      used: nothing,
      endedMs: null,
      isSettled: false,
    };
  }

  return {
    async give(attempts, { agent, pod, epoch }, signal) {
      const machine = (await list(signal)).find(
        ({ address, name, bill }) => (pod ? name === pod : isSame(address, agent)) && !bill.isFinal,
      );
      const last = attempts.at(-1);
      const isHere = last?.agent === agent && last.machine === (machine?.remoteId ?? null);
      if (last !== undefined && last.endedMs === null && isHere) return [...attempts];
      const earlier = attempts
        // It never answered: whatever it costs, it is not this training that has it.
        .filter(({ jobId, endedMs }) => jobId !== null || endedMs !== null)
        .map((attempt) => {
          const isShared = machine !== undefined && attempt.machine === machine.remoteId && !attempt.isSettled;
          if (isShared) return handedOver(attempt, machine.bill, nowMs());
          return attempt.endedMs === null ? ended(attempt, nowMs(), "gone") : attempt;
        });
      return newest([...earlier, attemptOn(agent, epoch, machine)]);
    },

    accept(attempts, { jobId, epoch }) {
      const last = attempts.at(-1);
      if (last === undefined) return [];
      const isAnew = last.machine === null && last.jobId !== null && last.jobId !== jobId;
      if (!isAnew) return [...attempts.slice(0, -1), { ...last, jobId }];
      const begun = { ...attemptOn(last.agent, epoch, undefined), jobId };
      return newest([...attempts.slice(0, -1), ended(last, nowMs(), "gone"), begun]);
    },

    async look(attempts, { job, end }, signal) {
      const isWaiting = attempts.some(({ machine, isSettled }) => machine !== null && !isSettled);
      const machines = isWaiting ? await list(signal).catch(unlessNeeded(end)) : [];
      return attempts.map((attempt, i) => {
        const bill = machines.find(({ remoteId }) => remoteId === attempt.machine)?.bill;
        const known = billed(attempt, bill, nowMs());
        if (i < attempts.length - 1) return known;
        const read = job === undefined ? known : metered(known, job.meter);
        return end === undefined ? read : ended(read, nowMs(), end);
      });
    },
  };
}

/** A provider that does not answer stops no training; what one that has ended cost has to be known. */
function unlessNeeded(end: News["end"]): (error: unknown) => readonly RentedMachine[] {
  return (error) => {
    if (end !== "lives" && error instanceof TransientError) return [];
    throw error;
  };
}

const isSame = (address: string | null, agent: string): boolean => address?.replace(/\/+$/, "") === agent;

/** Of too many, the oldest that are settled go. */
function newest(attempts: readonly Attempt[]): Attempt[] {
  const over = attempts.length - MAX_ATTEMPTS;
  const old = new Set(attempts.filter(({ isSettled }) => isSettled).slice(0, Math.max(0, over)));
  return attempts.filter((attempt) => !old.has(attempt)).slice(-MAX_ATTEMPTS);
}
