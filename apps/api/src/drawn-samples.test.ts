import { type RunEvent, RunId } from "@loramill/contracts";
import { expect, test } from "vitest";
import { drawnSamples } from "./drawn-samples.ts";

const digest = (letter: string) => letter.repeat(64);
const told = (id: number, data: RunEvent["data"], step = "train"): RunEvent => ({
  id,
  at: "2026-11-21T12:00:00.000Z",
  run: RunId.parse(`run_${"0".repeat(32)}`),
  step,
  job: null,
  type: "training.sample",
  data,
});
const picture = { bytes: 10, mediaType: "image/png", prompt: "zorb" };

test("samples are those of the training, by step and prompt, and drawn again the last stand", () => {
  const events = [
    told(1, { step: 40, index: 0, image: digest("a"), ...picture }),
    told(2, { step: 20, index: 1, image: digest("b"), ...picture }),
    told(3, { step: 20, index: 0, image: digest("c"), ...picture }),
    told(4, { step: 40, index: 0, image: digest("d"), ...picture }),
    told(5, { step: 20, index: 0, image: digest("e"), ...picture }, "another"),
    told(6, { step: 60, index: 0, image: digest("f"), prompt: null }),
  ];
  const drawn = drawnSamples(events, "train").map(({ step, index, image }) => [step, index, image.sha256[0]]);
  expect(drawn).toEqual([
    [20, 0, "c"],
    [20, 1, "b"],
    [40, 0, "d"],
  ]);
});
