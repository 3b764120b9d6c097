import type { Catalog } from "@loramill/catalog";
import { startTestServer } from "@loramill/catalog/testing";
import { afterAll, beforeAll, onTestFinished } from "vitest";
import { openTestFleet } from "./open-fleet.ts";

type Parts = Parameters<typeof openTestFleet>[2];

/** A catalog for the tests of a file, and machines in it under names of their own, each gone after the test that opened it. */
export function useFleet() {
  let catalog: Catalog | null = null;
  let names = 0;
  let stop = async () => {};
  beforeAll(async () => {
    const database = await startTestServer();
    stop = database.stop;
    catalog = await database.open();
  });
  afterAll(() => stop());
  const opened = (): Catalog => {
    if (catalog === null) throw new Error("the catalog is open while tests run");
    return catalog;
  };
  return {
    catalog: opened,
    async open(parts: Parts = {}) {
      names += 1;
      const fleet = await openTestFleet(opened(), `lm-${names}`, parts);
      onTestFinished(fleet.close);
      return fleet;
    },
  };
}
