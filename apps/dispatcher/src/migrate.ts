import { catalogConfig, openCatalog } from "@loramill/catalog";
import { UserError } from "@loramill/contracts";
import { type Environment, inner, type ProcessHost, runProcess } from "@loramill/runtime";

/**
 * Brings the catalog's schema up to date and ends: what a deployment does before it starts what is new. Every process
 * does the same when it starts, one at a time, so this only saves the others the wait. Answers the exit code.
 */
export function migrate({ env, host }: { env: Environment; host?: ProcessHost }): Promise<number> {
  return runProcess({
    name: "migrate",
    config: { catalog: inner(catalogConfig, "catalog") },
    env,
    ...(host === undefined ? {} : { host }),
    open: async ({ config, clock, log, opened }) => {
      const { connectionString: connection } = config.catalog;
      if (connection === undefined) throw new UserError("set DATABASE_URL", { code: "bad-config" });
      return opened("catalog", openCatalog({ connection, poolSize: 1, clock, log }), (open) => open.close());
    },
    run: async (catalog, { log }) => {
      await catalog.migrate();
      log.info({}, "the catalog is up to date");
    },
  });
}
