import type { Clock, KnownModel, Stores } from "@loramill/contracts";
import type { AgentAccount } from "./agent-account.ts";
import type { AgentClient } from "./agent-client.ts";
import type { AgentOptions } from "./agent-config.ts";
import type { AgentRecord, AgentRecords } from "./agent-record.ts";

/** What the turns of a training share. */
export interface AgentDeps {
  readonly options: AgentOptions;
  readonly stores: Stores;
  readonly clock: Clock;
  readonly clients: readonly AgentClient[];
  readonly records: AgentRecords;
  readonly account: AgentAccount;
  /** Undefined when no base models are written down: trainers then look for them by the model's id. */
  readonly models: (() => Promise<readonly KnownModel[]>) | undefined;
}

/** The agent that was asked; undefined when it was taken out of the configuration. */
export const clientOf = (record: AgentRecord | null, clients: readonly AgentClient[]): AgentClient | undefined =>
  clients.find(({ url }) => url === record?.agent);
