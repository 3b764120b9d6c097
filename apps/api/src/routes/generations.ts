import type { LibraryGeneration } from "@loramill/catalog";
import {
  blobKey,
  GenerationId,
  GenerationPage,
  GenerationQuery,
  GenerationSearch,
  type GenerationSummary,
  GenerationView,
  type ProjectId,
  RunId,
  UserError,
} from "@loramill/contracts";
import type { FastifyPluginAsyncZod } from "fastify-type-provider-zod";
import { z } from "zod";
import type { ApiDeps } from "../deps.ts";
import { createUrlSigner } from "../sign-url.ts";

const tags = ["generations"];

/** Finished pictures and clips of all runs. */
export const generationRoutes =
  (deps: ApiDeps, options: { urlSeconds: number }): FastifyPluginAsyncZod =>
  async (server) => {
    const { catalog } = deps;
    const signUrl = createUrlSigner({ ...deps, ...options });

    const projectOf = async (own: ProjectId | undefined, asked: string | undefined) => {
      if (own !== undefined || asked === undefined) return own;
      return (await catalog.projects.list()).find(({ name }) => name === asked)?.id ?? null;
    };
    /** Rows of the catalog as they are answered. */
    const summaries = async (rows: readonly LibraryGeneration[]): Promise<GenerationSummary[]> => {
      const projects = new Map((await catalog.projects.list()).map(({ id, name }) => [id as string, name]));
      const stars = await catalog.generationRatings.starsOf(rows.map(({ id }) => id));
      return Promise.all(
        rows.map(async ({ sha256, bytes, mediaType, createdAt, project, ...facts }) => ({
          ...facts,
          project: projects.get(project) ?? project,
          createdAt: createdAt.toISOString(),
          stars: stars.get(facts.id) ?? null,
          file: { digest: sha256, bytes, mediaType, url: await signUrl(blobKey(sha256)) },
        })),
      );
    };
    const whole = async (row: LibraryGeneration): Promise<GenerationView> => {
      const [summary] = await summaries([row]);
      return { ...(summary as GenerationSummary), record: row.record };
    };

    server.get(
      "/v1/generations",
      {
        schema: {
          summary: "List finished pictures and clips, newest first",
          tags,
          querystring: GenerationQuery,
          response: { 200: GenerationPage },
        },
      },
      async ({ query, caller }) => {
        const { project: asked, run, lora, ...filter } = query;
        const project = await projectOf(caller.project?.id, asked);
        if (project === null) return { items: [], next: null };
        const found = await catalog.generations.list({
          ...filter,
          project,
          run: run === undefined ? undefined : await makerOf(run, project, deps),
          lora: lora === undefined ? undefined : { name: lora, sha256: await fileOf(lora, project, deps) },
        });
        return { items: await summaries(found.items), next: found.next };
      },
    );
    server.post(
      "/v1/generations/find",
      {
        schema: {
          summary: "The picture or clip that a file is, also where it was encoded anew",
          description: "By the SHA-256 of its bytes; else by the record in it, where it was not drawn privately.",
          tags,
          body: GenerationSearch,
          response: { 200: GenerationView },
        },
      },
      async ({ body: { project: asked, sha256, record }, caller }) => {
        const project = await projectOf(caller.project?.id, asked);
        const byFile =
          sha256 === undefined || project === null ? null : await catalog.generations.byFile({ sha256, project });
        const row =
          byFile ??
          (record === undefined || project === null ? null : await catalog.generations.byRecord({ record, project }));
        if (row === null) {
          throw new UserError("there is no generation with this file or this record", { code: "generation-not-found" });
        }
        return whole(row);
      },
    );
    server.get(
      "/v1/generations/:id",
      {
        schema: {
          summary: "One picture or clip, with all that is known of it",
          tags,
          params: z.object({ id: GenerationId }),
          response: { 200: GenerationView },
        },
      },
      async ({ params: { id }, caller }) => {
        const row = await catalog.generations.get({ id, project: caller.project?.id });
        if (row === null) {
          throw new UserError(`there is no generation ${id}; GET /v1/generations lists them`, {
            code: "generation-not-found",
          });
        }
        return whole(row);
      },
    );
  };

/** The run that made what a run shows: its own, or the one whose result it took. */
async function makerOf(asked: string, project: ProjectId | undefined, { catalog }: ApiDeps): Promise<RunId> {
  const run = RunId.safeParse(asked);
  const view = run.success ? await catalog.runs.get({ run: run.data, project }) : null;
  if (view === null) throw new UserError(`there is no run ${asked}`, { code: "run-not-found" });
  return view.steps.find(({ kind }) => kind === "generate")?.reusedFrom?.run ?? view.id;
}

/** The file of the LoRA that is meant; null where a name has none in the library any more. */
async function fileOf(lora: string, project: ProjectId | undefined, { catalog }: ApiDeps): Promise<string | null> {
  const of = project ?? (await catalog.projects.idOf("default"));
  return (await catalog.loras.find({ project: of, lora }))?.weightsSha256 ?? null;
}
