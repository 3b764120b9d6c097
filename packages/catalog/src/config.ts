import { defineConfig, secret } from "@loramill/contracts";
import { z } from "zod";

/** Where the catalog is. Without `DATABASE_URL` the process starts the embedded Postgres. */
export const catalogConfig = defineConfig(
  {
    DATABASE_URL: secret(
      z
        .url({ protocol: /^postgres(ql)?$/ })
        .optional()
        .describe(
          "Postgres of the catalog, postgres://user:password@host:5432/name; left out: an embedded one is started",
        ),
    ),
    DATABASE_POOL_SIZE: z.coerce
      .number()
      .int()
      .min(4)
      .max(500)
      .default(10)
      .describe("Connections of one process to the catalog"),
  },
  (env) => ({ catalog: { connectionString: env.DATABASE_URL, poolSize: env.DATABASE_POOL_SIZE } }),
);
