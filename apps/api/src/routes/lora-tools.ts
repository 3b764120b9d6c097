import {
  type LoraCheck,
  LoraCompareRequest,
  type LoraFamily,
  LoraInspection,
  LoraInspectQuery,
  LoraProjectQuery,
  LoraRef,
  LoraValidateQuery,
  LoraValidateRequest,
  LoraValidation,
  RunSpec,
  RunView,
  UserError,
} from "@loramill/contracts";
import type { FastifyPluginAsyncZod } from "fastify-type-provider-zod";
import { z } from "zod";
import { type Caller, projectNameOf } from "../auth.ts";
import type { ApiOptions } from "../config.ts";
import type { ApiDeps } from "../deps.ts";
import { findLora } from "../loras/find-lora.ts";
import { inspectLora, validateByHeader } from "../loras/look-at-lora.ts";
import { toLoraView } from "../loras/lora-views.ts";
import { createUrlSigner } from "../sign-url.ts";

const tags = ["loras"];
const LoraParams = z.object({ lora: LoraRef });
const AS_RUN =
  "Reads all of it, in a job: the answer is a run, whose artifact `lora-report` is the report. The same question about the same " +
  "LoRA is answered by the report there is.";

/**
 * Looking at LoRAs of the library. What the header tells is answered at once; what takes every byte is a run, so that the
 * API neither waits nor computes.
 */
export const loraToolRoutes =
  (deps: ApiDeps, options: Pick<ApiOptions, "urlSeconds">): FastifyPluginAsyncZod =>
  async (server) => {
    const { catalog, stores, planner } = deps;
    const signUrl = createUrlSigner({ ...deps, ...options });

    const familyOf = async (use: { family?: LoraFamily | undefined; model?: string | undefined }) => {
      if (use.model === undefined) return use.family;
      const model = await catalog.models.find(use.model);
      if (model !== null) return model.family;
      throw new UserError(`there is no base model ${use.model}; \`loramill models list\` names them`, {
        code: "not-found",
      });
    };
    const start = async (
      operation: LoraCheck,
      from: readonly string[],
      { caller, project }: { readonly caller: Caller; readonly project?: string | undefined },
    ): Promise<RunView> => {
      const spec = RunSpec.parse({
        name: operation.kind,
        project: projectNameOf(caller, project ?? "default"),
        lora: { operation, from: from.map((lora) => ({ lora })) },
      });
      const { id } = await catalog.projects.ensure(spec.project);
      const { lock } = await planner.plan(spec);
      const run = await catalog.runs.create({ project: id, spec, lock });
      const view = await catalog.runs.get({ run, project: id });
      if (view === null) throw new RangeError(`${run} is gone as soon as it was made`);
      return view;
    };

    server.get(
      "/v1/loras/:lora/inspect",
      {
        schema: {
          summary: "What its file's header tells",
          description: "Reads the header alone, by ranges. With `metadata` and `keys` also as they stand in the file.",
          tags,
          params: LoraParams,
          querystring: LoraInspectQuery,
          response: { 200: LoraInspection },
        },
      },
      async (asked) => {
        const row = await findLora(catalog, asked);
        return inspectLora(row, await toLoraView(row, { catalog, signUrl }), asked.query, stores);
      },
    );
    server.get(
      "/v1/loras/:lora/validate",
      {
        schema: {
          summary: "What is wrong with it, and how much of it a model loads, by its header",
          description: "At once, and without looking at its values; POST …/validate looks at every one of them.",
          tags,
          params: LoraParams,
          querystring: LoraValidateQuery,
          response: { 200: LoraValidation },
        },
      },
      async (asked) => {
        const { strength } = asked.query;
        const family = await familyOf(asked.query);
        return validateByHeader(await findLora(catalog, asked), { strength, family }, { catalog, stores });
      },
    );
    server.post(
      "/v1/loras/:lora/validate",
      {
        config: { scope: "write" },
        schema: {
          summary: "What is wrong with it, value by value",
          description: AS_RUN,
          tags,
          params: LoraParams,
          querystring: LoraProjectQuery,
          body: LoraValidateRequest,
          response: { 201: RunView },
        },
      },
      async ({ params, query, body, caller }, reply) => {
        const run = await start({ kind: "validate", ...body }, [params.lora], { caller, ...query });
        return reply.code(201).send(run);
      },
    );
    server.post(
      "/v1/loras/compare",
      {
        config: { scope: "write" },
        schema: {
          summary: "How alike the changes of two LoRAs are",
          description: AS_RUN,
          tags,
          body: LoraCompareRequest,
          response: { 201: RunView },
        },
      },
      async ({ body: { a, b, project }, caller }, reply) =>
        reply.code(201).send(await start({ kind: "compare" }, [a, b], { caller, project })),
    );
  };
