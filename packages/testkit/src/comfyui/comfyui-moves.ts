import type { ExecutionMove } from "./prompt-runner.ts";

type RequestMove =
  /** Takes the prompt, or does not, and breaks the connection. */
  | { readonly kind: "lose-receipt" }
  | { readonly kind: "drop-prompt" }
  /** Takes the prompt and leaves an output of it out, as it does where another one is valid. */
  | { readonly kind: "node-errors" }
  /** Answers the next request whose path has this in it with a status. */
  | { readonly kind: "status"; readonly path: string; readonly status: number; readonly retryAfter?: string }
  /** Never answers the next request whose path has this in it. */
  | { readonly kind: "hang"; readonly path: string }
  /** Sends this instead of the next preview. */
  | { readonly kind: "bad-preview"; readonly frame: Uint8Array }
  /** Sends half of the next file, then breaks the connection. */
  | { readonly kind: "cut-file" };

/** What the server does wrong, once each, at the next request or training it applies to. */
export type ComfyUiMove = RequestMove | ExecutionMove;

export const isExecutionMove = (move: ComfyUiMove): move is ExecutionMove =>
  ["out-of-memory", "fail", "fail-drawing", "fail-lora", "die", "interrupt"].includes(move.kind);

export interface PlannedMoves {
  add(move: RequestMove): void;
  /** The next move of that kind for that path, which is then done with. */
  take<K extends RequestMove["kind"]>(kind: K, path?: string): Extract<RequestMove, { kind: K }> | undefined;
}

export function planMoves(): PlannedMoves {
  const moves: RequestMove[] = [];
  return {
    add: (move) => void moves.push(move),
    take<K extends RequestMove["kind"]>(kind: K, path = "") {
      const at = moves.findIndex((move) => move.kind === kind && (!("path" in move) || path.includes(move.path)));
      return at < 0 ? undefined : (moves.splice(at, 1)[0] as Extract<RequestMove, { kind: K }>);
    },
  };
}
