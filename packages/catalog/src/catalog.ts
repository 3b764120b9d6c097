import { type Clock, type Logger, makeId } from "@loramill/contracts";
import type pg from "pg";
import { v7 } from "uuid";
import { openConnection } from "./connection.ts";
import { deliveryQueries } from "./dispatch/deliveries.ts";
import { presenceQueries } from "./dispatch/presence.ts";
import { resultQueries } from "./dispatch/results.ts";
import { snapshotQueries } from "./dispatch/snapshots.ts";
import { transitionQueries } from "./dispatch/transitions.ts";
import { ceilingQueries } from "./fleet/ceilings.ts";
import { fleetQueries } from "./fleet/fleet.ts";
import { tryToLead } from "./leadership.ts";
import { createLedger } from "./ledger/ledger.ts";
import { listen } from "./listen.ts";
import { migrateCatalog } from "./migrate.ts";
import { apiKeyQueries } from "./queries/api-keys.ts";
import { artifactQueries } from "./queries/artifacts.ts";
import { backendSlotQueries } from "./queries/backend-slots.ts";
import { batchQueries } from "./queries/batches.ts";
import { bisectionQueries } from "./queries/bisections.ts";
import { bulkChangeQueries } from "./queries/bulk-changes.ts";
import { bundleQueries } from "./queries/bundles/bundles.ts";
import { batchChangeQueries } from "./queries/change-batches.ts";
import { choosingQueries } from "./queries/choosing-facts.ts";
import { costReportQueries } from "./queries/cost-report.ts";
import { costQueries } from "./queries/costs.ts";
import { eventQueries } from "./queries/events.ts";
import { generationRatingQueries } from "./queries/generation-ratings.ts";
import { generationQueries } from "./queries/generations.ts";
import { idempotencyQueries } from "./queries/idempotency.ts";
import { jobQueries } from "./queries/jobs.ts";
import { libraryQueries } from "./queries/library.ts";
import { loraQueries } from "./queries/loras.ts";
import { modelPullQueries } from "./queries/model-pulls.ts";
import { modelQueries } from "./queries/models.ts";
import { memberQueries } from "./queries/plan-members.ts";
import { projectQueries } from "./queries/projects.ts";
import { quarantineQueries } from "./queries/quarantine.ts";
import { recipeQueries } from "./queries/recipes.ts";
import { runQueries } from "./queries/runs.ts";
import { quoteQueries } from "./queries/settle-quotes.ts";
import { trainingQueries } from "./queries/trainings.ts";
import { batchWatchQueries } from "./queries/watch-batches.ts";
import { rateLimiter } from "./rate-limits/rate-limiter.ts";
import { fireQueries } from "./schedules/fires.ts";
import { firingQueries } from "./schedules/firing.ts";
import { forgottenFireQueries } from "./schedules/forget-fires.ts";
import { plannedFireQueries } from "./schedules/planned-fires.ts";
import { scheduleQueries } from "./schedules/schedules.ts";
import { unwrapFailures } from "./unreachable.ts";
import { webhookDeliveryQueries } from "./webhooks/deliveries.ts";
import { outboxQueries } from "./webhooks/outbox.ts";
import { webhookQueries } from "./webhooks/webhooks.ts";

export interface CatalogOptions {
  /** `postgres://…` or the settings of a client. */
  readonly connection: string | pg.ClientConfig;
  /** Connections for ordinary queries; up to five more are used for batches and listening. */
  readonly poolSize?: number;
  readonly clock: Clock;
  readonly log: Logger;
  /** UUIDv7 with dashes. */
  readonly newUuid?: () => string;
}

export type Catalog = ReturnType<typeof openCatalog>;

/** Opens the catalog without touching the network: the first query connects. */
export function openCatalog(options: CatalogOptions) {
  const newUuid = options.newUuid ?? v7;
  const connection = openConnection({
    connection: options.connection,
    poolSize: options.poolSize ?? 10,
    newId: (prefix) => makeId(prefix, newUuid()),
    log: options.log,
  });
  const { clock } = options;
  const ledger = createLedger(connection);
  let closing: Promise<void> | undefined;
  return {
    pool: connection.pool,
    /** Brings the schema up to date; safe in many processes at once. */
    migrate: () => migrateCatalog(connection.settings, connection.log),
    projects: unwrapFailures(projectQueries(connection)),
    apiKeys: unwrapFailures(apiKeyQueries(connection, clock)),
    idempotency: unwrapFailures(idempotencyQueries(connection, clock)),
    runs: unwrapFailures(runQueries(connection, clock)),
    batches: unwrapFailures({
      ...batchQueries(connection),
      ...batchChangeQueries(connection),
      ...batchWatchQueries(connection),
      ...memberQueries(connection),
    }),
    bulkChanges: unwrapFailures(bulkChangeQueries(connection)),
    jobs: unwrapFailures(jobQueries(connection)),
    events: unwrapFailures(eventQueries(connection)),
    ceilings: unwrapFailures(ceilingQueries(connection)),
    costs: unwrapFailures({ ...costQueries(connection), ...costReportQueries(connection) }),
    artifacts: unwrapFailures(artifactQueries(connection)),
    bundles: unwrapFailures(bundleQueries(connection)),
    library: unwrapFailures(libraryQueries(connection)),
    recipes: unwrapFailures(recipeQueries(connection)),
    trainings: unwrapFailures(trainingQueries(connection)),
    models: unwrapFailures(modelQueries(connection)),
    modelPulls: unwrapFailures(modelPullQueries(connection)),
    loras: unwrapFailures(loraQueries(connection)),
    generations: unwrapFailures(generationQueries(connection)),
    choosing: unwrapFailures(choosingQueries(connection)),
    generationRatings: unwrapFailures(generationRatingQueries(connection)),
    quarantine: unwrapFailures(quarantineQueries(connection)),
    bisections: unwrapFailures(bisectionQueries(connection)),
    backendSlots: unwrapFailures(backendSlotQueries(connection)),
    rateLimiter: unwrapFailures(rateLimiter(connection)),
    schedules: unwrapFailures(scheduleQueries(connection, clock)),
    /** `list` and the orders of people; the dispatcher writes fires and gives turns, processes that plan claim them. */
    fires: unwrapFailures({
      ...fireQueries(connection, clock),
      ...firingQueries(connection, clock),
      ...plannedFireQueries(connection, clock),
      ...forgottenFireQueries(connection, clock),
    }),
    webhooks: unwrapFailures({ ...webhookQueries(connection, clock), ...webhookDeliveryQueries(connection) }),
    /** For whoever delivers what webhooks are told. */
    webhookOutbox: unwrapFailures(outboxQueries(connection, clock)),
    fleet: fleetQueries(connection),
    ledger,
    /** For the dispatcher alone. */
    dispatch: unwrapFailures({
      ...snapshotQueries(connection),
      ...transitionQueries(connection),
      ...resultQueries(connection),
      ...deliveryQueries(connection),
      ...presenceQueries(connection),
      ...quoteQueries(connection),
    }),
    tryToLead: (request: { readonly lock: string; readonly checkMs: number }) => tryToLead(connection, request),
    listen: (channel: string, onMessage: (payload: string) => void, signal?: AbortSignal) =>
      listen(connection, channel, onMessage, signal),
    /** Waits for batches under way, then closes every connection. */
    close: () => {
      closing ??= (async () => {
        await ledger.idle();
        await Promise.all([connection.pool.end(), connection.hotPool.end()]);
      })();
      return closing;
    },
  };
}
