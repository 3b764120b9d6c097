import { type RentedMachine, TransientError } from "@loramill/contracts";
import { expect, it } from "vitest";
import { openAgentAccount } from "./agent-account.ts";
import type { Attempt } from "./agent-attempts.ts";

const signal = new AbortController().signal;
const AGENT = "http://pod-1:8690";
const HOUR = 3_600;

/** One rented machine whose bill a test writes, a dollar for an hour; and a clock. */
function trial(bill = { seconds: 0, isFinal: false }) {
  const state = { bill, nowMs: 0, isAway: false };
  const machine = (): RentedMachine => ({
    ...{ remoteId: "pod-1", name: "one", state: "running", pricePerHourMicroUsd: 1_000_000, address: `${AGENT}/` },
    bill: { ...state.bill, amountMicroUsd: Math.round((state.bill.seconds / HOUR) * 1_000_000) },
  });
  const account = openAgentAccount({
    clock: { now: () => new Date(state.nowMs) },
    usdPerHour: 2,
    machines: async () => {
      if (state.isAway) throw new TransientError("the provider is away", { code: "unreachable" });
      return [machine()];
    },
  });
  const give = async (epoch: number, attempts: readonly Attempt[] = []) =>
    account.accept(await account.give(attempts, { agent: AGENT, epoch }, signal), { jobId: `job-${epoch}`, epoch });
  return { state, account, give };
}

const answer = (seconds: number, isFinal: boolean) =>
  ({ meter: { seconds, isFinal } }) as NonNullable<Parameters<ReturnType<typeof openAgentAccount>["look"]>[1]["job"]>;

it("pays for a machine from when it was given until its training ended, not for the time before and after", async () => {
  const { state, account, give } = trial({ seconds: 900, isFinal: false });
  let attempts = await give(1);
  state.bill.seconds = 1_800;
  attempts = await account.look(attempts, {}, signal);
  expect(attempts).toMatchObject([{ used: { seconds: 900, microUsd: 250_000 }, isSettled: false }]);
  attempts = await account.look(attempts, { job: answer(870, true), end: "lives" }, signal);
  state.bill = { seconds: 9_000, isFinal: true };
  attempts = await account.look(attempts, {}, signal);
  expect(attempts).toMatchObject([{ used: { seconds: 900, microUsd: 250_000 }, isSettled: true }]);
});

it("pays up to the last sign of life of a machine that vanished, and the rest when its provider says when it ended", async () => {
  const { state, account, give } = trial();
  let attempts = await give(1);
  state.bill.seconds = 600;
  attempts = await account.look(attempts, {}, signal);
  state.bill.seconds = 800;
  attempts = await account.look(attempts, { end: "gone" }, signal);
  const seen = attempts[0]?.used;
  state.bill.seconds = 1_000;
  attempts = await account.look(attempts, {}, signal);
  expect(attempts).toMatchObject([{ used: seen, isSettled: false }]);
  state.bill.isFinal = true;
  attempts = await account.look(attempts, {}, signal);
  expect(attempts).toMatchObject([{ used: { seconds: 1_000 }, isSettled: true }]);
});

it("splits the bill of a machine that a training is given twice without gap or overlap", async () => {
  const { state, account, give } = trial();
  let attempts = await give(1);
  state.bill.seconds = 500;
  attempts = await account.look(attempts, { end: "gone" }, signal);
  state.bill.seconds = 700;
  attempts = await give(2, attempts);
  state.bill = { seconds: 1_200, isFinal: true };
  attempts = await account.look(attempts, {}, signal);
  expect(attempts.map(({ used }) => used.seconds)).toEqual([700, 500]);
});

it("goes on with the attempt whose answer was lost, and forgets one that never began", async () => {
  const { account, give } = trial();
  const asked = await account.give([], { agent: AGENT, epoch: 1 }, signal);
  expect(await account.give(asked, { agent: AGENT, epoch: 2 }, signal)).toEqual(asked);
  expect(await account.give(asked, { agent: "http://own:1", epoch: 2 }, signal)).toMatchObject([{ machine: null }]);
  expect((await give(3, asked)).map(({ id }) => id)).toEqual(["1@pod-1:8690"]);
});

it("knows a pod by its name, since its address may have been another's", async () => {
  const { account } = trial({ seconds: 60, isFinal: false });
  const given = (pod: string | null) => account.give([], { agent: AGENT, pod, epoch: 1 }, signal);
  expect(await given("one")).toMatchObject([{ machine: "pod-1", pod: "one", before: { seconds: 60 } }]);
  expect(await given("an earlier one")).toMatchObject([{ machine: null, pod: null }]);
});

it("goes by the agent's own meter where nobody bills the machine, anew for each training that it begins", async () => {
  const { account } = trial();
  const own = { agent: "http://own:1", epoch: 1 };
  let attempts = account.accept(await account.give([], own, signal), { jobId: "a", epoch: 1 });
  attempts = await account.look(attempts, { job: answer(90, false) }, signal);
  attempts = account.accept(attempts, { jobId: "b", epoch: 5 });
  attempts = await account.look(attempts, { job: answer(30, true), end: "lives" }, signal);
  expect(attempts).toMatchObject([
    { used: { seconds: 90, microUsd: 50_000 }, isSettled: true },
    { used: { seconds: 30, microUsd: 16_667 }, isSettled: true },
  ]);
});

it("lets a training go on while the provider is away, and wants to know its bill at the end", async () => {
  const { state, account, give } = trial();
  const attempts = await give(1);
  state.isAway = true;
  expect(await account.look(attempts, { job: answer(5, false) }, signal)).toEqual(attempts);
  await expect(account.look(attempts, { job: answer(5, true), end: "lives" }, signal)).rejects.toThrow("away");
});
