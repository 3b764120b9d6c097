import { expect, test } from "vitest";
import { openFireStarter } from "./fire-starter.ts";

const nothing = () => {
  throw new Error("there is no fire to plan");
};
const log = { debug() {}, info() {}, warn() {}, error() {} };

test("a turn that is given while a process looks and finds nothing is not slept through", async () => {
  let ring = () => {};
  let looks = 0;
  const looked = Promise.withResolvers<void>();
  const fires = {
    claim: async () => {
      looks += 1;
      if (looks === 2) ring();
      if (looks === 4) looked.resolve();
      return null;
    },
  };
  const listen = async (_channel: string, onMessage: (payload: string) => void) => {
    ring = () => onMessage("");
    return { close: async () => {} };
  };
  const starter = await openFireStarter({
    catalog: { fires, listen, projects: {}, runs: {} } as never,
    planner: { planWithQuote: nothing },
    clock: { now: () => new Date() },
    log,
    lookMs: 3_600_000,
  });
  await looked.promise;
  await starter.close();
  await starter.close();
  expect(looks).toBe(4);
});
