import { TransientError, UserError } from "@loramill/contracts";
import pg from "pg";

/** Answers of the server that only a person can do something about: wrong password, no such user or database, no right. */
const REFUSALS = /^(28|3D|42501)/;

/** What a failed connection means, without credentials. */
export function unreachable(client: pg.Client, error: unknown): UserError | TransientError {
  const where = `${client.host}:${client.port}/${client.database ?? ""}`;
  const said = error instanceof Error ? error.message || ("code" in error ? String(error.code) : error.name) : "";
  if (error instanceof pg.DatabaseError && REFUSALS.test(error.code ?? "")) {
    return new UserError(`Postgres at ${where} refuses the connection (${said}): check DATABASE_URL`, {
      code: "catalog-refused",
      cause: error,
    });
  }
  return new TransientError(
    `Postgres at ${where} is out of reach (${said}): is it running, and is DATABASE_URL right?`,
    {
      code: "catalog-unreachable",
      cause: error,
    },
  );
}
