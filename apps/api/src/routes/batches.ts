import type { BatchRef } from "@loramill/catalog";
import {
  BatchId,
  BatchMemberPage,
  BatchPage,
  BatchPlan,
  BatchQuotePart,
  BatchResumeAnswer,
  BatchResumeRequest,
  BatchSpec,
  BatchView,
  digestOf,
  MemberState,
  MembersQuery,
  microUsdFromUsd,
  PageQuery,
  UserError,
} from "@loramill/contracts";
import type { FastifyPluginAsyncZod } from "fastify-type-provider-zod";
import { z } from "zod";
import { actorOf, type Caller, projectNameOf } from "../auth.ts";
import { membersOf } from "../batches/expand.ts";
import { quoteMembers } from "../batches/quote-members.ts";
import type { ApiDeps } from "../deps.ts";

/** Members in one answer: plans are made of the spec alone, quotes take a look at folders and backends. */
const MEMBERS_PER_PLAN = 200;
const MEMBERS_PER_QUOTE = 10;

const BatchParams = z.object({ batch: BatchId });

/** Many runs from one spec. */
export const batchRoutes =
  (deps: ApiDeps, { maxBatchRuns: maxRuns }: { readonly maxBatchRuns: number }): FastifyPluginAsyncZod =>
  async (server) => {
    const { catalog, batchPlanner, localSources } = deps;
    const tags = ["batches"];
    const config = { scope: "write" } as const;
    const refOf = (batch: BatchId, caller: Caller): BatchRef => ({ batch, project: caller.project?.id });
    const found = async (ref: BatchRef): Promise<BatchView> => {
      const view = await catalog.batches.get(ref);
      if (view === null) throw noBatch(ref.batch);
      return view;
    };
    const expand = (spec: BatchSpec, caller: Caller) => membersOf(spec, caller, { maxRuns, localSources });

    server.post(
      "/v1/batches",
      {
        config,
        schema: {
          summary: "Start a batch of runs",
          description:
            "Answers once all members are written; they are planned behind it. The same Idempotency-Key with the same body " +
            "answers the same batch again.",
          tags,
          headers: z.object({ "idempotency-key": z.string().min(1).max(255).optional() }),
          body: BatchSpec,
          response: { 201: BatchView },
        },
      },
      async ({ body, caller, headers }, reply) => {
        const { batch, members } = expand(body, caller);
        const project = await catalog.projects.ensure(batch.project);
        const id = await catalog.batches.create({
          ...{ project: project.id, name: batch.name, members, requestDigest: digestOf(batch), by: actorOf(caller) },
          budgetMicroUsd: batch.budgetUsd === undefined ? null : microUsdFromUsd(batch.budgetUsd),
          deadline: batch.deadline === undefined ? null : new Date(batch.deadline),
          maxFailures: batch.maxFailures ?? null,
          idempotencyKey: headers["idempotency-key"],
        });
        return reply.code(201).send(await found(refOf(id, caller)));
      },
    );
    server.post(
      "/v1/batches/plans",
      {
        schema: {
          summary: "The runs that a batch would make, part by part",
          tags,
          querystring: MembersQuery,
          body: BatchSpec,
          response: { 200: BatchPlan },
        },
      },
      async ({ body, query, caller }) => {
        const { members } = expand(body, caller);
        return part(members, query.from, MEMBERS_PER_PLAN);
      },
    );
    server.post(
      "/v1/batches/quotes",
      {
        schema: {
          summary: "Time, cost and cache hits of its runs, part by part",
          description: "Steps of equal `work` are done once and reused: whoever adds up counts them once.",
          tags,
          querystring: MembersQuery,
          body: BatchSpec,
          response: { 200: BatchQuotePart },
        },
      },
      async ({ body, query, caller }) => {
        const { members, ...rest } = part(expand(body, caller).members, query.from, MEMBERS_PER_QUOTE);
        return { ...rest, ...(await quoteMembers(members, batchPlanner)) };
      },
    );
    server.get(
      "/v1/batches",
      {
        schema: {
          summary: "List batches, newest first",
          tags,
          querystring: PageQuery.extend({ project: z.string().optional() }),
          response: { 200: BatchPage },
        },
      },
      async ({ query: { project: asked, ...page }, caller }) => {
        const name = asked === undefined ? undefined : projectNameOf(caller, asked);
        const project = name === undefined ? caller.project?.id : await catalog.projects.idOf(name);
        const { items, next } = await catalog.batches.list({ ...page, project });
        return { items: [...items], next };
      },
    );
    server.get(
      "/v1/batches/:batch",
      {
        schema: {
          summary: "One batch: counts, money, and failures by code",
          tags,
          params: BatchParams,
          response: { 200: BatchView },
        },
      },
      ({ params, caller }) => found(refOf(params.batch, caller)),
    );
    server.get(
      "/v1/batches/:batch/members",
      {
        schema: {
          summary: "Its runs in order, with what they made",
          tags,
          params: BatchParams,
          querystring: PageQuery.extend({ state: MemberState.optional() }),
          response: { 200: BatchMemberPage },
        },
      },
      async ({ params, query, caller }) => {
        const { id } = await found(refOf(params.batch, caller));
        const { items, next } = await catalog.batches.members(id, query);
        return { items: [...items], next };
      },
    );
    server.post(
      "/v1/batches/:batch/cancel",
      {
        config,
        schema: {
          summary: "Stop it; what is done stays, what was not begun is not",
          tags,
          params: BatchParams,
          response: { 200: BatchView },
        },
      },
      async ({ params, caller }) => {
        const ref = refOf(params.batch, caller);
        if ((await catalog.batches.cancel(ref, actorOf(caller))) === "unknown") throw noBatch(ref.batch);
        return found(ref);
      },
    );
    server.post(
      "/v1/batches/:batch/resume",
      {
        config,
        schema: {
          summary: "Go on with what failed or could not be planned; after a cancel or a stop, with that too",
          tags,
          params: BatchParams,
          body: BatchResumeRequest.nullish(),
          response: { 200: BatchResumeAnswer },
        },
      },
      async ({ params, body, caller }) => {
        const ref = refOf(params.batch, caller);
        const { budgetUsd, deadline, maxFailures } = body ?? {};
        const terms = {
          budgetMicroUsd: budgetUsd == null ? budgetUsd : microUsdFromUsd(budgetUsd),
          deadline: deadline == null ? deadline : new Date(deadline),
          maxFailures,
        };
        const answer = await catalog.batches.resume(ref, terms, actorOf(caller));
        if (answer === "unknown") throw noBatch(ref.batch);
        if (answer === "ending") {
          throw new UserError("runs of the batch are still being cancelled: try again when they have ended", {
            code: "wrong-state",
          });
        }
        return { batch: await found(ref), ...answer };
      },
    );
  };

function part<Member>(members: readonly Member[], from: number, size: number) {
  const end = from - 1 + size;
  const next = end < members.length ? end + 1 : null;
  return { total: members.length, members: members.slice(from - 1, end), next };
}

const noBatch = (batch: string): UserError => new UserError(`there is no batch ${batch}`, { code: "batch-not-found" });
