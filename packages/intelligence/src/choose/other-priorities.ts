import { Priority } from "@loramill/contracts";
import {
  chooseParameters,
  type ParameterChoice,
  type ParameterFacts,
  type ParameterRequest,
} from "../parameters/choose-parameters.ts";
import { seconds } from "../parameters/refuse.ts";

/** What the other priorities would give where it is something else. The limits hold for them too. */
export function otherPriorities(asked: ParameterRequest, facts: ParameterFacts, chosen: ParameterChoice): string[] {
  return Priority.options
    .filter((priority) => priority !== asked.constraints.priority)
    .flatMap((priority) => {
      const constraints = { ...asked.constraints, priority };
      const { parameters, estimate } = chooseParameters({ ...asked, constraints }, facts);
      const differences = (["steps", "precision", "offload", "width", "height"] as const)
        .filter((name) => parameters[name].value !== chosen.parameters[name].value)
        .map((name) => `${name} ${parameters[name].value} instead of ${chosen.parameters[name].value}`);
      if (differences.length === 0) return [];
      return [`with priority ${priority}: ${differences.join(", ")} (about ${seconds(estimate.seconds.p50)})`];
    });
}
