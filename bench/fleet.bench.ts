import { measureFleet } from "./fleet/measure-fleet.ts";
import { computedWorlds } from "./fleet/worlds.ts";
import type { Bench } from "./harness.ts";

const SEEDS = 5;

/**
 * The planner of the fleet in simulated worlds of virtual time: what it pays by the exact optimum, by a lower bound and by simpler
 * planners, and whether what it promises holds. `--seeds 100` for more worlds. docs/fleet.md says what they are made of.
 */
export const bench: Bench = {
  name: "fleet",
  run: ({ seeds = SEEDS } = {}) => measureFleet(seeds, { worlds: computedWorlds }),
};
