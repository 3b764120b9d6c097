import {
  CreateVolume,
  GrowVolume,
  type NetworkVolume,
  type NetworkVolumes,
  PermanentError,
  UserError,
  VolumeList,
  VolumeView,
} from "@loramill/contracts";
import type { FastifyPluginAsyncZod } from "fastify-type-provider-zod";
import { z } from "zod";
import { actorOf } from "../auth.ts";
import type { ApiDeps } from "../deps.ts";

const Params = z.object({ id: z.string().regex(/^[\w-]{1,64}$/) });
const GB = 1_000_000_000;
const PROVIDER = "runpod";
const tags = ["fleet"];
const config = { scope: "admin" } as const;

/** Network volumes at the provider, so that nobody needs its console. What is paid for by the month is an operator's. */
export const fleetVolumeRoutes =
  ({ catalog, volumes }: Pick<ApiDeps, "catalog" | "volumes">): FastifyPluginAsyncZod =>
  async (server) => {
    server.addHook("preHandler", async ({ caller }) => {
      if (caller.project === null) return;
      throw new UserError("volumes belong to the installation: ask with its admin token, not with a project's key", {
        code: "forbidden",
      });
    });

    /** What the provider refuses is told to who asked, not kept as a fault of ours. */
    async function ask<T>(question: (of: NetworkVolumes) => Promise<T>): Promise<T> {
      if (volumes === null) {
        throw new UserError("there are no volumes to be had: set RUNPOD_API_KEY", { code: "no-volumes" });
      }
      try {
        return await question(volumes);
      } catch (error) {
        if (!(error instanceof PermanentError)) throw error;
        throw new UserError(error.message, { code: error.code, cause: error });
      }
    }

    server.get(
      "/v1/fleet/volumes",
      { config, schema: { summary: "Network volumes of the account", tags, response: { 200: VolumeList } } },
      async () => ({ items: (await ask((of) => of.list())).map(view) }),
    );
    server.post(
      "/v1/fleet/volumes",
      {
        config,
        schema: {
          summary: "Rent a network volume",
          description:
            "One of the same name and region is taken instead of a second one, so that asking twice rents once.",
          tags,
          body: CreateVolume,
          response: { 200: VolumeView },
        },
      },
      async ({ body: { name, region, gigabytes }, caller }) => {
        const made = view(await ask((of) => of.create({ name, region, bytes: gigabytes * GB })));
        await note(actorOf(caller), "volume.create", made);
        return made;
      },
    );
    server.post(
      "/v1/fleet/volumes/:id/grow",
      {
        config,
        schema: {
          summary: "Make a network volume larger",
          tags,
          params: Params,
          body: GrowVolume,
          response: { 200: VolumeView },
        },
      },
      async ({ params: { id }, body: { gigabytes }, caller }) => {
        const grown = view(await ask((of) => of.grow(id, gigabytes * GB)));
        await note(actorOf(caller), "volume.grow", grown);
        return grown;
      },
    );
    server.delete(
      "/v1/fleet/volumes/:id",
      {
        config,
        schema: {
          summary: "Delete a network volume with all that is on it",
          tags,
          params: Params,
          response: { 200: VolumeView },
        },
      },
      async ({ params: { id }, caller }) => {
        const found = (await ask((of) => of.list())).find((one) => one.id === id);
        if (found === undefined || (await ask((of) => of.remove(id))) === "unknown") {
          throw new UserError(`no volume is called ${id}: \`loramill fleet volumes\` names them`, {
            code: "not-found",
          });
        }
        const removed = view(found);
        await note(actorOf(caller), "volume.remove", removed);
        return removed;
      },
    );

    const note = (actor: string, action: string, { id, ...details }: VolumeView) =>
      catalog.fleet.audit.add({ actor, action, subject: id, details });
  };

const view = ({ id, name, region, bytes }: NetworkVolume): VolumeView => ({
  provider: PROVIDER,
  id,
  name,
  region,
  bytes,
});
