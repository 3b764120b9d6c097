import {
  type InputOf,
  type JobContext,
  type JobOutput,
  type Parked,
  PermanentError,
  type PodState,
  UserError,
} from "@loramill/contracts";
import { bootTurn } from "./boot-turn.ts";
import { closeTurn } from "./close-turn.ts";
import type { ProvisionerDeps } from "./deps.ts";
import { endTurn } from "./end-turn.ts";
import { lasting } from "./lasting.ts";
import { rentTurn } from "./rent-turn.ts";
import type { Turn, TurnAnswer } from "./turn.ts";
import { watchTurn } from "./watch-turn.ts";

const TURNS: Readonly<Record<PodState, (turn: Turn) => TurnAnswer>> = {
  wanted: rentTurn,
  booting: bootTurn,
  ready: watchTurn,
  draining: watchTurn,
  ending: endTurn,
  ended: closeTurn,
};

/** One turn of a machine's life, by the state that its row is in; the job ends with the machine's last bill. */
export async function tendMachine(
  { params }: InputOf<"tend-machine">,
  deps: ProvisionerDeps,
  ctx: JobContext,
): Promise<JobOutput | Parked> {
  const pod = await deps.fleet.pod(params.pod);
  if (pod === null) throw new PermanentError(`there is no machine ${params.pod}`, { code: "not-found" });
  try {
    const provider = deps.providers.get(pod.provider);
    if (provider === undefined) {
      throw new UserError(`${pod.name} is a machine of ${pod.provider}: add it to FLEET_PROVIDERS`, {
        code: "provider-missing",
      });
    }
    return await TURNS[pod.state]({ pod, provider, deps, ctx });
  } catch (error) {
    throw lasting(error);
  }
}
