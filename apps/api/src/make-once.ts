import { digestOf, type ProjectId, type RunId, UserError } from "@loramill/contracts";
import type { ApiDeps } from "./deps.ts";

/** The run of an Idempotency-Key: the one that it made, or a new one. Other requests with the key are refused. */
export async function makeOnce(
  { catalog }: Pick<ApiDeps, "catalog">,
  request: {
    readonly project: ProjectId;
    /** Left out: nothing keeps the request from being made twice. */
    readonly key: string | undefined;
    readonly body: unknown;
    readonly start: () => Promise<RunId>;
  },
): Promise<RunId> {
  const { project, key, body, start } = request;
  if (key === undefined) return start();
  const answer = await catalog.idempotency.begin({ project, key, requestDigest: digestOf(body) });
  if (answer.kind === "done") return answer.run;
  if (answer.kind !== "new") {
    const why = answer.kind === "mismatch" ? "was used with another request" : "is being worked on; try again";
    throw new UserError(`this Idempotency-Key ${why}`, { code: "idempotency-conflict" });
  }
  try {
    return await start();
  } catch (error) {
    await catalog.idempotency.release(project, key);
    throw error;
  }
}
