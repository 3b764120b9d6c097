import { expect, it } from "vitest";
import { countLoss, noLosses } from "./count-loss.ts";

const limits = { lost: 2, machinesLost: 3 };
const own = { backend: "pocket", pod: null, limits };
const rented = { backend: "agent", pod: "loramill-one", limits };

it("counts what a backend forgets apart from rented machines that are gone", () => {
  const afterTwo = countLoss(countLoss(noLosses, own), own);
  expect(afterTwo).toEqual({ lost: 2, machinesLost: 0, times: 2 });
  // Neither uses up the patience of the other.
  const onRented = countLoss(afterTwo, rented);
  expect(onRented).toEqual({ lost: 2, machinesLost: 1, times: 1 });
  expect(() => countLoss(onRented, own)).toThrow(
    "pocket lost the training 3 times without a checkpoint in between: look at the backend's own log",
  );
});

it("stops at the limit of each, with the variable that raises it", () => {
  expect(() => countLoss({ lost: 0, machinesLost: 3 }, rented)).toThrow(
    "4 rented machines were lost without a checkpoint in between: see `loramill fleet audit` for what became of them, or raise TRAINING_MAX_MACHINES_LOST",
  );
  expect(() => countLoss(noLosses, { ...own, limits: { ...limits, lost: 0 } })).toThrow("TRAINING_MAX_LOST");
});
