import type { Clock, KnownModel, Stores } from "@loramill/contracts";
import type { AgentAccount } from "./agent-account.ts";
import type { AgentOptions } from "./agent-config.ts";
import type { AgentRecord, AgentRecords } from "./agent-record.ts";
import type { FindAgents, KnownAgent } from "./find-agents.ts";

/** What the turns of a training share. */
export interface AgentDeps {
  readonly options: AgentOptions;
  readonly stores: Stores;
  readonly clock: Clock;
  readonly agents: FindAgents;
  readonly records: AgentRecords;
  readonly account: AgentAccount;
  /** Undefined when no base models are written down: trainers then look for them by the model's id. */
  readonly models: (() => Promise<readonly KnownModel[]>) | undefined;
  /** What a training needs for which no machine is rented for want of money, in micro-dollars. Undefined where none are rented. */
  readonly lacks: ((job: string) => Promise<number | null>) | undefined;
}

/**
 * The agent that was asked; undefined when it was taken out of the configuration, or its pod has ended. An address may be
 * given to another pod after that.
 */
export const agentOf = (
  record: Pick<AgentRecord, "agent" | "pod"> | null,
  agents: readonly KnownAgent[],
): KnownAgent | undefined =>
  agents.find(({ client, pod }) => client.url === record?.agent && (pod?.name ?? null) === record.pod);
