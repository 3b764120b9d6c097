import {
  DiffAnswer,
  DiffRequest,
  type DiffSide,
  type PlanLock,
  type PlannedStep,
  type Quote,
  UserError,
} from "@loramill/contracts";
import { describeDiff } from "@loramill/orchestration";
import type { FastifyPluginAsyncZod } from "fastify-type-provider-zod";
import { type Caller, projectNameOf } from "../auth.ts";
import type { ApiDeps } from "../deps.ts";
import { unlessMissing } from "../unless-missing.ts";

/** What differs between two plans, in words, and what each difference makes anew. */
export const diffRoutes =
  ({ catalog, planner, stores }: Pick<ApiDeps, "catalog" | "planner" | "stores">): FastifyPluginAsyncZod =>
  async (server) => {
    const lockOf = async (side: DiffSide, caller: Caller): Promise<PlanLock> => {
      if ("lock" in side) return side.lock;
      if ("spec" in side) {
        return (await planner.plan({ ...side.spec, project: projectNameOf(caller, side.spec.project) })).lock;
      }
      const plan = await catalog.runs.plan({ run: side.run, project: caller.project?.id });
      if (plan === null) throw new UserError(`there is no run ${side.run}`, { code: "run-not-found" });
      return plan.lock;
    };
    /** A spec is priced as it would be started now, with what is known of its prompts; a lock as it is. */
    const priceOf = async (side: DiffSide, lock: PlanLock, caller: Caller): Promise<Quote> =>
      "spec" in side
        ? planner.quote({ ...side.spec, project: projectNameOf(caller, side.spec.project) })
        : planner.quoteLock({ ...lock, project: projectNameOf(caller, lock.project) });

    server.post(
      "/v1/plans/diff",
      {
        schema: {
          summary: "What differs between two runs, specs or locks, and what that costs",
          tags: ["plans"],
          body: DiffRequest,
          response: { 200: DiffAnswer },
        },
      },
      async ({ body: { before, after }, caller }) => {
        const [first, second] = [await lockOf(before, caller), await lockOf(after, caller)];
        const price = await priceOf(after, second, caller);
        return describeDiff(await withGrid(first, stores), await withGrid(second, stores), price);
      },
    );
  };

/** What is drawn in the place of its digest, where it is stored: prompts and seeds say more to a person. */
async function withGrid(lock: PlanLock, { documents }: ApiDeps["stores"]): Promise<PlanLock> {
  const step = async (one: PlannedStep): Promise<PlannedStep> => {
    if (typeof one.params.grid !== "string") return one;
    const grid = await unlessMissing(documents.get("grid", one.params.grid));
    return grid === null ? one : { ...one, params: { ...one.params, grid: JSON.parse(JSON.stringify(grid)) } };
  };
  return { ...lock, steps: await Promise.all(lock.steps.map(step)) };
}
