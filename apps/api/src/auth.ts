import { createHash, timingSafeEqual } from "node:crypto";
import { isLoopback, type KeyScope, type ProjectId, UserError } from "@loramill/contracts";
import type { FastifyInstance, FastifyRequest } from "fastify";

/**
 * Who asks: a key's project and scopes, or an operator (the person at this machine, or who has the admin token), who may
 * do everything in every project.
 */
export interface Caller {
  /** Null: all projects. */
  readonly project: { readonly id: ProjectId; readonly name: string } | null;
  readonly scopes: readonly KeyScope[];
  /** Id of the API key; null for an operator. */
  readonly key: string | null;
}

declare module "fastify" {
  interface FastifyRequest {
    caller: Caller;
  }
  interface FastifyContextConfig {
    /** Scope a route needs; `none` for health, metrics and signed URLs. */
    scope?: KeyScope | "none";
  }
}

export interface AuthOptions {
  readonly required: boolean;
  /** Secrets that stand for an admin key of all projects: of this machine's command line, and of the operator. */
  readonly adminTokens: readonly string[];
  readonly verifyKey: (key: string) => Promise<Caller | null>;
}

const OPERATOR: Caller = { project: null, scopes: ["read", "write", "admin"], key: null };

/**
 * Checks the caller of every route by its `scope`. Without required keys the API serves loopback only, and refuses
 * requests whose Host or Origin is not loopback, so that a web page elsewhere cannot reach it through the browser.
 */
export function installAuth(server: FastifyInstance, options: AuthOptions): void {
  server.decorateRequest("caller");
  server.addHook("onRequest", async (request) => {
    const scope = request.routeOptions.config.scope ?? "read";
    if (scope === "none") return;
    request.caller = await identify(request, options);
    if (!request.caller.scopes.includes(scope) && !request.caller.scopes.includes("admin")) {
      throw new UserError(`this key lacks the scope "${scope}"`, { code: "forbidden" });
    }
  });
}

async function identify(request: FastifyRequest, options: AuthOptions): Promise<Caller> {
  const key = request.headers.authorization?.match(/^Bearer (.+)$/i)?.[1];
  if (key) {
    if (options.adminTokens.some((token) => sameSecret(key, token))) return OPERATOR;
    const caller = await options.verifyKey(key);
    if (caller) return caller;
    throw new UserError("this API key is unknown, revoked or expired", { code: "unauthenticated" });
  }
  if (options.required) {
    throw new UserError("an API key is required: send it as `Authorization: Bearer …`", { code: "unauthenticated" });
  }
  const origin = request.headers.origin;
  if (!isLoopback(request.hostname) || (origin !== undefined && !isLoopback(new URL(origin).hostname))) {
    throw new UserError("without API keys only this machine may ask; set API_AUTH=required to serve others", {
      code: "forbidden",
    });
  }
  return OPERATOR;
}

/** What the audit calls who asks. */
export const actorOf = ({ key }: Caller): string => key ?? "operator";

/** The name of the project that a request may create things in: the key's, or the one asked for. */
export function projectNameOf({ project }: Caller, asked: string): string {
  if (project === null || asked === project.name) return asked;
  if (asked === "default") return project.name;
  throw new UserError(`this key belongs to project "${project.name}", not to "${asked}"`, { code: "forbidden" });
}

function sameSecret(a: string, b: string): boolean {
  const digest = (text: string) => createHash("sha256").update(text).digest();
  return timingSafeEqual(digest(a), digest(b));
}
