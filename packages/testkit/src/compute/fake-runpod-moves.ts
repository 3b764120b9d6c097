import type { ServerResponse } from "node:http";
import { setTimeout as delay } from "node:timers/promises";

/** How one request is treated instead of being answered. */
export type RunPodMove =
  /** A problem document; by default one of RunPod's for that status. `headers` such as retry-after or ratelimit. */
  | {
      readonly kind: "status";
      readonly status: number;
      readonly detail?: string;
      readonly headers?: Record<string, string>;
    }
  /** The page of the proxy in front of it, 524 when its time is up. It carries the request out all the same. */
  | { readonly kind: "proxy"; readonly status: number }
  /** The client is refused by its name: 403 without a problem document. */
  | { readonly kind: "network" }
  | { readonly kind: "no-capacity"; readonly words?: string; readonly status?: number }
  /** Carries the request out and closes the connection. */
  | { readonly kind: "lost" }
  /** Closes the connection and does nothing. */
  | { readonly kind: "drop" }
  | { readonly kind: "slow"; readonly milliseconds: number }
  /** Neither answers nor closes the connection. */
  | { readonly kind: "hang" }
  /**
   * GraphQL only: an error, with status 200. With `made` it has carried the request out all the same, and answers with what it made
   * (`shown`, partial data), or without (`hidden`).
   */
  | {
      readonly kind: "graphql-error";
      readonly message: string;
      /** As `extensions.code`. */
      readonly code?: string;
      readonly made?: "shown" | "hidden";
    };

export const NO_INSTANCES =
  "There are no longer any instances available with the requested specifications. Please refresh and try again.";

const TITLES: Readonly<Record<number, string>> = {
  400: "Bad Request",
  401: "Unauthorized",
  402: "Payment Required",
  403: "Forbidden",
  404: "Not Found",
  409: "Conflict",
  413: "Content Too Large",
  422: "Unprocessable Entity",
  429: "Too Many Requests",
  500: "Internal Server Error",
};

export const problem = (status: number, detail: string, errors?: readonly string[]) => ({
  title: TITLES[status] ?? "Error",
  status,
  detail,
  ...(errors === undefined ? {} : { errors }),
});

/** Answers by the move, and says whether the request is to be carried out all the same, unheard (`lost`) or later (`slow`). */
export async function playMove(
  move: RunPodMove | undefined,
  response: ServerResponse,
): Promise<"go on" | "unheard" | "done"> {
  switch (move?.kind) {
    case "status":
      send(response, move.status, problem(move.status, move.detail ?? "misbehaving"), move.headers);
      return "done";
    case "no-capacity": {
      const status = move.status ?? 400;
      send(response, status, problem(status, move.words ?? NO_INSTANCES));
      return "done";
    }
    case "network":
      response.writeHead(403, { "content-type": "text/plain" }).end("error code: 1010");
      return "done";
    case "proxy":
      response.writeHead(move.status, { "content-type": "text/html" }).end("<html><h1>A timeout occurred</h1></html>");
      return "unheard";
    case "graphql-error":
      if (move.made !== undefined) return "go on";
      send(response, 200, { errors: [errorOf(move)], data: null });
      return "done";
    case "hang":
      return "done";
    case "drop":
      response.destroy();
      return "done";
    case "lost":
      response.destroy();
      return "unheard";
    case "slow":
      await delay(move.milliseconds);
      return "go on";
    default:
      return "go on";
  }
}

type GraphQlErrorMove = Extract<RunPodMove, { readonly kind: "graphql-error" }>;

const errorOf = ({ message, code }: GraphQlErrorMove) => ({
  message,
  ...(code === undefined ? {} : { extensions: { code } }),
});

/** What GraphQL has carried out, with the errors of the move beside it. */
export function withGraphQlErrors(answer: { readonly data?: unknown }, move: RunPodMove | undefined): object {
  if (move?.kind !== "graphql-error") return answer;
  const data = move.made === "shown" ? answer.data : { podRentInterruptable: null };
  return { data, errors: [{ ...errorOf(move), path: ["podRentInterruptable", "machine"] }] };
}

export function send(
  response: ServerResponse,
  status: number,
  body: unknown,
  headers: Record<string, string> = {},
): void {
  if (response.destroyed || response.writableEnded) return;
  const type = status >= 400 ? "application/problem+json" : "application/json";
  response.writeHead(status, body === undefined ? headers : { "content-type": type, ...headers });
  response.end(body === undefined ? undefined : JSON.stringify(body));
}
