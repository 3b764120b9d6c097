import multipart from "@fastify/multipart";
import rateLimit from "@fastify/rate-limit";
import swagger from "@fastify/swagger";
import websocket from "@fastify/websocket";
import { isLoopback, KeyScope, UserError } from "@loramill/contracts";
import Fastify, { type FastifyBaseLogger, type FastifyInstance, LogController } from "fastify";
import {
  jsonSchemaTransform,
  jsonSchemaTransformObject,
  serializerCompiler,
  validatorCompiler,
} from "fastify-type-provider-zod";
import { parse as parseYaml } from "yaml";
import { installAuth } from "./auth.ts";
import type { ApiOptions } from "./config.ts";
import type { ApiDeps } from "./deps.ts";
import { installProblems } from "./problems.ts";
import { auditRoutes } from "./routes/audit.ts";
import { batchRoutes } from "./routes/batches.ts";
import { bisectionRoutes } from "./routes/bisections.ts";
import { bulkChangeRoutes } from "./routes/bulk-changes.ts";
import { bundleRoutes } from "./routes/bundles.ts";
import { ceilingRoutes } from "./routes/ceilings.ts";
import { costRoutes } from "./routes/costs.ts";
import { datasetVersionRoutes } from "./routes/dataset-versions.ts";
import { datasetRoutes } from "./routes/datasets.ts";
import { diffRoutes } from "./routes/diffs.ts";
import { eventRoutes } from "./routes/events.ts";
import { fleetRoutes } from "./routes/fleet.ts";
import { fleetVolumeRoutes } from "./routes/fleet-volumes.ts";
import { generationRoutes } from "./routes/generations.ts";
import { healthRoutes } from "./routes/health.ts";
import { jobRoutes } from "./routes/jobs.ts";
import { keyRoutes } from "./routes/keys.ts";
import { loraToolRoutes } from "./routes/lora-tools.ts";
import { loraRoutes } from "./routes/loras.ts";
import { modelRoutes } from "./routes/models.ts";
import { objectRoutes } from "./routes/objects.ts";
import { planRoutes } from "./routes/plans.ts";
import { queueRoutes } from "./routes/queues.ts";
import { ratingRoutes } from "./routes/ratings.ts";
import { recipeRoutes } from "./routes/recipes.ts";
import { recommendationRoutes } from "./routes/recommendations.ts";
import { replayRoutes } from "./routes/replays.ts";
import { runRoutes } from "./routes/runs.ts";
import { scheduleRoutes } from "./routes/schedules.ts";
import { studioRoutes } from "./routes/studio.ts";
import { trainingRoutes } from "./routes/trainings.ts";
import { uploadRoutes } from "./routes/uploads.ts";
import { vendorWebhookRoutes } from "./routes/vendor-webhooks.ts";
import { webhookRoutes } from "./routes/webhooks.ts";
import { openRunFeed } from "./run-feed.ts";
import { toldEvents } from "./told-events.ts";
import { VERSION } from "./version.ts";
import { watchRequests } from "./watch-requests.ts";

export interface RunningApi {
  /** Where it listens, such as http://127.0.0.1:7860. */
  readonly url: string;
  readonly server: FastifyInstance;
  /** How long no request has been under way or came in, health checks aside; in milliseconds. */
  idleMs(): number;
  /** Ends open streams and connections; safe to call twice. */
  close(): Promise<void>;
}

/** Builds the API and listens. `localToken` stands for an admin key of the command line on this machine. */
export async function startApi(deps: ApiDeps, options: ApiOptions & { localToken?: string }): Promise<RunningApi> {
  const server: FastifyInstance = Fastify({
    loggerInstance: fastifyLogger(deps),
    logController: new LogController({ disableRequestLogging: true }),
    bodyLimit: options.maxBodyBytes,
    forceCloseConnections: true,
    routerOptions: { maxParamLength: 256 },
  });
  server.setValidatorCompiler(validatorCompiler);
  server.setSerializerCompiler(serializerCompiler);
  installProblems(server);
  installAuth(server, {
    required: options.auth === "required" || (options.auth === "auto" && !isLoopback(options.host)),
    adminTokens: [options.localToken, options.adminToken].filter((token) => typeof token === "string"),
    verifyKey: async (key) => {
      const found = await deps.catalog.apiKeys.find(key);
      if (!found) return null;
      const project = { id: found.project, name: found.projectName };
      return { project, scopes: KeyScope.array().parse(found.scopes), key: found.id };
    },
  });
  parseYamlBodies(server);
  const idleMs = watchRequests(server);
  await server.register(rateLimit, {
    max: options.requestsPerMinute,
    timeWindow: 60_000,
    keyGenerator: (request) => request.headers.authorization ?? request.ip,
    errorResponseBuilder: (_request, { ttl }) =>
      new UserError(`too many requests; try again in ${Math.ceil(ttl / 1000)} s`, { code: "rate-limited" }),
  });
  await server.register(multipart, {
    limits: { fileSize: options.maxUploadFileBytes, files: options.maxUploadFiles, fieldNameSize: 100 },
    preservePath: true,
  });
  await server.register(websocket);
  await server.register(swagger, {
    openapi: {
      openapi: "3.1.0",
      info: {
        title: "Loramill",
        version: VERSION,
        description: "The durable pipeline around LoRA training.",
        license: { name: "Apache-2.0" },
      },
      components: { securitySchemes: { key: { type: "http", scheme: "bearer" } } },
      security: [{ key: [] }],
      webhooks: toldEvents(),
    },
    transform: jsonSchemaTransform,
    transformObject: jsonSchemaTransformObject,
  });

  const feed = await openRunFeed(deps.catalog);
  await server.register(healthRoutes(deps));
  await server.register(planRoutes(deps));
  await server.register(diffRoutes(deps));
  await server.register(runRoutes(deps, { urlSeconds: options.urlSeconds }));
  await server.register(replayRoutes(deps));
  await server.register(bisectionRoutes(deps));
  await server.register(bundleRoutes(deps, options));
  await server.register(batchRoutes(deps, options));
  await server.register(bulkChangeRoutes(deps));
  await server.register(ceilingRoutes(deps));
  await server.register(costRoutes(deps));
  await server.register(datasetRoutes(deps, options));
  await server.register(datasetVersionRoutes(deps));
  await server.register(modelRoutes(deps));
  await server.register(recipeRoutes(deps));
  await server.register(fleetRoutes(deps));
  await server.register(fleetVolumeRoutes(deps));
  await server.register(auditRoutes(deps));
  await server.register(generationRoutes(deps, options));
  await server.register(loraRoutes(deps, options));
  await server.register(loraToolRoutes(deps, options));
  await server.register(recommendationRoutes(deps));
  await server.register(ratingRoutes(deps));
  await server.register(scheduleRoutes(deps));
  await server.register(trainingRoutes(deps));
  await server.register(jobRoutes(deps));
  await server.register(queueRoutes(deps));
  await server.register(eventRoutes(deps, feed));
  await server.register(uploadRoutes(deps, options));
  await server.register(objectRoutes(deps));
  await server.register(keyRoutes(deps));
  await server.register(webhookRoutes(deps));
  await server.register(vendorWebhookRoutes(deps));
  await server.register(studioRoutes(deps.studio, deps.storeOrigins));
  server.get("/openapi.json", { config: { scope: "none" }, schema: { hide: true } }, async () => server.swagger());

  try {
    await listen(server, options);
  } catch (error) {
    // Its connections would keep the process.
    await Promise.all([server.close(), feed.close()]);
    throw error;
  }
  const address = server.server.address();
  const port = typeof address === "object" && address ? address.port : options.port;
  const host = options.host.includes(":") ? `[${options.host}]` : options.host;
  let closing: Promise<void> | null = null;
  return {
    url: `http://${host}:${port}`,
    server,
    idleMs,
    close: () => {
      closing ??= server.close().then(() => feed.close());
      return closing;
    },
  };
}

/** UserError `cannot-listen` where the address is taken or not ours. */
async function listen(server: FastifyInstance, { host, port }: Pick<ApiOptions, "host" | "port">): Promise<void> {
  try {
    await server.listen({ host, port });
  } catch (error) {
    const code = error instanceof Error && "code" in error ? error.code : "";
    if (code !== "EADDRINUSE" && code !== "EACCES" && code !== "EADDRNOTAVAIL") throw error;
    const why =
      code === "EADDRINUSE"
        ? `port ${port} of ${host} is taken: end what listens there, or set API_PORT to another (0 takes a free one)`
        : `the API cannot listen at ${host}:${port} (${code}): set API_HOST and API_PORT to an address of this machine`;
    throw new UserError(why, { code: "cannot-listen", cause: error });
  }
}

/** Specs may come as YAML as well. */
function parseYamlBodies(server: FastifyInstance): void {
  const types = ["application/yaml", "application/x-yaml", "text/yaml"];
  server.addContentTypeParser(types, { parseAs: "string" }, (_request, body, done) => {
    try {
      done(null, parseYaml(String(body)));
    } catch (error) {
      done(
        new UserError(`the body is not YAML: ${error instanceof Error ? error.message : error}`, {
          code: "bad-request",
        }),
      );
    }
  });
}

/** Fastify's own messages, in our logger. */
function fastifyLogger({ log }: ApiDeps): FastifyBaseLogger {
  const at = (level: "debug" | "info" | "warn" | "error") => (details: unknown, message?: string) => {
    if (typeof details === "string") return log[level]({}, details);
    const { err } = details as { err?: Error };
    return log[level](err ? { error: err.stack ?? err.message } : {}, message ?? "");
  };
  const logger = {
    level: "info",
    trace: () => {},
    debug: at("debug"),
    info: at("debug"),
    warn: at("warn"),
    error: at("error"),
    fatal: at("error"),
    silent: () => {},
    child: () => logger,
  };
  return logger;
}
