import type { SurveyDeps } from "./survey-deps.ts";

/**
 * Charges what RunPod's books have of our volumes, and of our serverless endpoint beyond what its jobs were charged for: cold starts
 * and idle workers. Others of the account are somebody else's.
 */
export async function chargeStanding({
  catalog,
  options,
  clock,
  runpod,
}: Pick<SurveyDeps, "catalog" | "options" | "clock" | "runpod">): Promise<void> {
  const until = new Date(clock.now().getTime() - runpod.billingLagHours * 3_600_000);
  const { serverlessEndpoint } = runpod;
  for (const { id } of options.volumes) {
    await catalog.fleet.chargeStanding({ provider: "runpod", kind: "volume", remoteId: id }, until);
  }
  if (serverlessEndpoint === null) return;
  await catalog.fleet.chargeStanding({ provider: "runpod", kind: "endpoint", remoteId: serverlessEndpoint }, until);
}
