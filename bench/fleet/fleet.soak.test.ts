import { expect, it } from "vitest";
import { brokenPromises } from "../promises.ts";
import { measureFleet } from "./measure-fleet.ts";

it("the fleet keeps its promises in a hundred worlds", async () => {
  const fleet = await measureFleet(100);
  console.log(fleet);
  expect(brokenPromises({ fleet })).toEqual([]);
});
