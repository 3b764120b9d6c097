import { expect, test } from "vitest";
import { toGauges } from "./housekeeping.ts";

test("tells the backlog as one gauge per queue and state", () => {
  const row = { queue: "train", waiting: 4, released: 1, active: 2, parked: 3, due: 1, oldestWaitSeconds: 9 };
  expect(toGauges([row])).toEqual([
    { queue: "train", state: "waiting", jobs: 4 },
    { queue: "train", state: "released", jobs: 1 },
    { queue: "train", state: "active", jobs: 2 },
    { queue: "train", state: "parked", jobs: 3 },
    { queue: "train", state: "due", jobs: 1 },
  ]);
});
