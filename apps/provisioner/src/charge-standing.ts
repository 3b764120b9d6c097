import type { SurveyDeps } from "./survey-deps.ts";

/** Until when RunPod's books do not change any more. */
export const settledUntil = ({ clock, runpod }: Pick<SurveyDeps, "clock" | "runpod">): Date =>
  new Date(clock.now().getTime() - runpod.billingLagHours * 3_600_000);

/**
 * Charges what RunPod's books have of our volumes, of machines that were given back beside those of pods, and of our serverless
 * endpoint beyond what its jobs were charged for: cold starts and idle workers. Others of the account are somebody else's.
 */
export async function chargeStanding({
  catalog,
  options,
  clock,
  runpod,
}: Pick<SurveyDeps, "catalog" | "options" | "clock" | "runpod">): Promise<void> {
  const until = settledUntil({ clock, runpod });
  const { serverlessEndpoint } = runpod;
  for (const { id } of options.volumes) {
    await catalog.fleet.chargeStanding({ provider: "runpod", kind: "volume", remoteId: id }, until);
  }
  for (const orphan of await catalog.fleet.orphans()) await catalog.fleet.chargeStanding(orphan, until);
  if (serverlessEndpoint === null) return;
  await catalog.fleet.chargeStanding({ provider: "runpod", kind: "endpoint", remoteId: serverlessEndpoint }, until);
}
