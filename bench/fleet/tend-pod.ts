import { createSafely, terminateSafely } from "@loramill/compute";
import type { FleetMachine } from "@loramill/contracts";
import { bootLimits, defaultFleetSettings, recordKey, recordOf, watchBoot } from "@loramill/fleet";
import { breakShift } from "./world-job.ts";
import { endedMs, type WorldPod } from "./world-pod.ts";
import { charge, note, nowOf, PROVIDER, type WorldState } from "./world-state.ts";

const AGAIN_MS = 30_000;
const LEASE_MS = 10 * 60_000;

const SETTLE_MS = 60_000;

/** One turn of the provisioner for one machine, by its state. */
export async function tendPod(world: WorldState, pod: WorldPod): Promise<void> {
  if (pod.againMs > nowOf(world)) return;
  if (pod.state === "wanted") return rent(world, pod);
  if (pod.state === "ending") return giveBack(world, pod);
  const machine = await world.provider.describe(pod.remoteId ?? "");
  if (machine === null) throw new Error(`${pod.name} has no machine`);
  world.leases.set(pod.name, new Date(nowOf(world) + LEASE_MS));
  if (pod.state === "booting") watch(world, pod, machine);
  else look(world, pod, machine);
  if (isLeaving(pod)) await giveBack(world, pod);
}

/** Told apart from the guards above, which a change of the state invalidates. */
const isLeaving = ({ state }: WorldPod): boolean => state === "ending";

async function rent(world: WorldState, pod: WorldPod): Promise<void> {
  const { provider, intents, clock, settings } = world;
  if (world.random() < settings.lostAnswers) provider.loseNextAnswer();
  const parts = { provider, intents, clock, settleMs: SETTLE_MS };
  const outcome = await createSafely(parts, { name: pod.name, image: "trainer", candidates: pod.candidates });
  world.isDue = true;
  if (outcome.kind === "rented") {
    const { machine } = outcome;
    const offer = pod.candidates.find(
      (one) =>
        one.gpuType === machine.gpuType && one.interruptible === machine.interruptible && one.region === machine.region,
    );
    if (offer === undefined) throw new Error(`${pod.name} became a machine that was no candidate`);
    pod.offer = { ...offer, pricePerHourMicroUsd: machine.pricePerHourMicroUsd };
    pod.remoteId = machine.remoteId;
    pod.state = "booting";
    world.machines += 1;
  } else if (outcome.kind === "no-capacity" || outcome.kind === "all-refused") {
    for (const { offer } of outcome.tried) note(world, { ...offer, provider: PROVIDER }, { kind: "no-capacity" });
    pod.againMs = nowOf(world) + AGAIN_MS;
  } else if (outcome.kind === "ended") pod.state = "ending";
  else pod.againMs = nowOf(world) + outcome.retryAfterMs;
}

function watch(world: WorldState, pod: WorldPod, machine: FleetMachine): void {
  if (pod.offer === null) return;
  const now = world.clock.now();
  const { bootSeconds } = recordOf(world.reputations.get(recordKey(pod.offer)), now);
  const verdict = watchBoot(
    machine,
    machine.state === "running",
    bootLimits(defaultFleetSettings.bootPatience, bootSeconds),
    now,
  );
  if (verdict.kind === "wait") return;
  const seconds = (now.getTime() - machine.createdAt.getTime()) / 1_000;
  world.isDue = true;
  if (verdict.kind === "ready") {
    note(world, pod.offer, { kind: "booted", seconds });
    pod.answeredMs = nowOf(world);
    pod.state = "ready";
    return;
  }
  const hours = machine.bill.seconds / 3_600;
  note(
    world,
    pod.offer,
    isTaken(machine) ? { kind: "preempted", hours } : { kind: "boot-failed", seconds: verdict.isSlow ? seconds : null },
  );
  pod.state = "ending";
}

const isTaken = ({ state }: FleetMachine): boolean => state === "stopping" || state === "gone";

/** A job is done, or its machine was taken away: perhaps both, and only now seen. */
function look(world: WorldState, pod: WorldPod, machine: FleetMachine): void {
  const { offer, shift } = pod;
  if (offer === null) return;
  const hours = machine.bill.seconds / 3_600;
  const lastMs = isTaken(machine) ? Math.min(nowOf(world), endedMs(machine)) : nowOf(world);
  if (shift !== null && (shift.doneMs <= lastMs || isTaken(machine))) {
    charge(world, pod, machine.bill.amountMicroUsd, shift.progress);
    if (shift.doneMs <= lastMs) {
      Object.assign(shift.progress, { doneShare: 1, pod: null, finishedMs: shift.doneMs });
      world.open.delete(shift.progress.job.job);
    } else breakShift(shift, offer.gpuType, lastMs);
    pod.shift = null;
    pod.busyMs = nowOf(world);
    world.isDue = true;
  }
  if (isTaken(machine)) note(world, offer, { kind: "preempted", hours });
  else if (pod.state === "draining" && pod.shift === null) note(world, offer, { kind: "finished", hours });
  else return;
  pod.state = "ending";
  world.isDue = true;
}

async function giveBack(world: WorldState, pod: WorldPod): Promise<void> {
  const { provider, intents, clock } = world;
  // Ended before it was asked for.
  if ((await intents.find(pod.name)) !== null) {
    const outcome = await terminateSafely({ provider, intents, clock, settleMs: SETTLE_MS }, { name: pod.name });
    if (outcome.kind === "in-doubt") {
      pod.againMs = nowOf(world) + outcome.retryAfterMs;
      return;
    }
    const machines = (await provider.machines()).filter(({ name }) => name === pod.name);
    charge(
      world,
      pod,
      machines.reduce((sum, { bill }) => sum + bill.amountMicroUsd, 0),
      null,
    );
  }
  pod.state = "ended";
  world.isDue = true;
}
