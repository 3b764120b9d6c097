import { giveBackOrphan } from "@loramill/compute";
import { type FleetMachine, type FleetOffer, type FleetProvider, toErrorRecord } from "@loramill/contracts";
import { billingGap, findOrphans, notePrice, offerKey } from "@loramill/fleet";
import { chargeStanding, settledUntil } from "./charge-standing.ts";
import type { SurveyDeps } from "./survey-deps.ts";

const HOUR_MS = 3_600_000;
/** How far back the books are read: entries come an hour late, and are corrected for some hours. */
const BOOKS_MS = 48 * HOUR_MS;

/**
 * One look at all that machines of this fleet may be, beside those that turns look after: what is offered, what nobody answers
 * for, and whose job has given up. A provider that does not answer does not keep the others from being looked at.
 */
export async function surveyRound(deps: SurveyDeps, signal: AbortSignal): Promise<void> {
  const { fleet, runs } = deps.catalog;
  deps.metrics.setMachines(await fleet.pods({ living: true }));
  for (const { pod, run } of await fleet.abandoned()) {
    await runs.resume({ run });
    await fleet.audit.add({ actor: "provisioner", action: "machine.taken-up", subject: pod, details: { run } });
  }
  for (const provider of deps.providers.values()) {
    await survived(deps, provider, "offers", async () => {
      const seen = (await provider.offers(signal)).map((offer) => ({
        key: offerKey(offer),
        offer: { ...offer, provider: provider.name },
      }));
      await fleet.offers.replace(provider.name, seen);
      await rememberPrices(deps, provider.name, new Map(seen.map(({ key, offer }) => [key, offer])));
    });
    await survived(deps, provider, "machines", async () => reapOrphans(deps, provider, signal));
  }
}

/** What each offer costs now, beside what it cost before: by that it is judged whether a training should wait for a cheaper hour. */
async function rememberPrices(
  { catalog, clock }: SurveyDeps,
  provider: string,
  seen: ReadonlyMap<string, FleetOffer>,
): Promise<void> {
  const now = clock.now();
  await catalog.fleet.records.notePrices(provider, (pasts) => {
    const keys = new Set([...pasts.keys(), ...seen.keys()]);
    return new Map([...keys].map((key) => [key, notePrice(pasts.get(key) ?? [], seen.get(key), now)]));
  });
}

/** Reads the providers' own books, charges what volumes, endpoints and orphans cost by them, and compares the rest with what was charged. */
export async function readBooks(deps: SurveyDeps, signal: AbortSignal): Promise<void> {
  const to = deps.clock.now();
  const lately = new Date(to.getTime() - BOOKS_MS);
  const { fleet } = deps.catalog;
  const { books } = fleet;
  for (const provider of deps.providers.values()) {
    await survived(deps, provider, "books", async () => {
      const told = await books.toldUntil(provider.name);
      // After a time in which nobody read them, from where they were left.
      const left = told === null ? lately : new Date(told.getTime() - BOOKS_MS);
      const between = { from: left < lately ? left : lately, to };
      await books.put(provider.name, await provider.books(between, signal));
    });
  }
  if (deps.providers.has("runpod")) await chargeStanding(deps);
  // The last hour in the books of a machine ends up to an hour after it.
  const settled = new Date(settledUntil(deps).getTime() - HOUR_MS);
  const compared = await fleet.compareBills({ since: lately, settled });
  const sums = new Map(compared.map(({ provider, ...sum }) => [provider, sum]));
  for (const provider of deps.providers.keys()) {
    // Also none: a gap of the past is not told for ever.
    const { billedMicroUsd, chargedMicroUsd } = sums.get(provider) ?? { billedMicroUsd: 0, chargedMicroUsd: 0 };
    const gap = billingGap({ billedMicroUsd, chargedMicroUsd });
    deps.metrics.setBillingGap(provider, gap);
    if (Math.abs(gap) > deps.options.billingGapShare) {
      deps.log.error({ provider, billedMicroUsd, chargedMicroUsd }, "what was billed is not what was charged");
    }
  }
}

async function reapOrphans(deps: SurveyDeps, provider: FleetProvider, signal: AbortSignal): Promise<void> {
  const { options, clock, metrics, log } = deps;
  const { fleet } = deps.catalog;
  const machines = await provider.machines(signal);
  const ours = machines.filter(({ name, state }) => state !== "gone" && name.startsWith(options.namePrefix));
  const { intents, leases } = await fleet.answering(ours.map(({ name }) => name));
  const question = { prefix: options.namePrefix, now: clock.now(), graceMs: options.settleMs };
  for (const { machine, reason } of findOrphans({ ...question, machines: ours, intents, leases })) {
    // One that cannot be given back now must not keep the others.
    await survived(deps, provider, `giving back ${machine.name} (${machine.remoteId})`, async () => {
      await giveBackOrphan({ provider, intents: fleet.intents, clock }, machine, { reason, signal });
      metrics.orphanReaped(provider.name);
      const details = { ...wordsOf(machine), provider: provider.name, reason };
      log.warn(details, "gave back a machine that nobody answers for");
      await fleet.audit.add({ actor: "provisioner", action: "machine.reaped", subject: machine.name, details });
    });
  }
}

const wordsOf = ({ name, remoteId, gpuType }: FleetMachine) => ({ name, remoteId, gpuType });

/** What one provider does not answer now is asked again in the next round. */
async function survived(
  { log }: SurveyDeps,
  provider: FleetProvider,
  what: string,
  work: () => Promise<void>,
): Promise<void> {
  try {
    await work();
  } catch (error) {
    const { class: kind, code, message } = toErrorRecord(error);
    if (kind === "bug") throw error;
    log.warn({ provider: provider.name, what, code, message }, "a provider could not be asked");
  }
}
