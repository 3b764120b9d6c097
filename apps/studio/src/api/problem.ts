import type { SpecProblem } from "@loramill/contracts";
import { ApiError, UnreachableError } from "@loramill/sdk";

/** A failure as people are told of it. */
export interface ToldProblem {
  readonly title: string;
  readonly detail: string;
  /** What to do where the detail does not say. */
  readonly advice: string;
  readonly code: string;
}

const ADVICE: Readonly<Record<string, string>> = {
  forbidden:
    "Sign in with a key that may do this: keys have the scopes read, write and admin, and belong to a project.",
  unauthenticated: "Sign in with an API key.",
  "rate-limited": "The page goes on by itself in a moment.",
};

/** Any error, as something to show: problems of the API (RFC 9457), an API that is gone, and bugs of this page. */
export function tellProblem(error: unknown): ToldProblem {
  if (error instanceof ApiError) {
    const { title, detail, code } = error.problem;
    return { title, detail: sentence(detail), advice: ADVICE[code] ?? "", code };
  }
  if (error instanceof UnreachableError) {
    const advice = "Look whether the mill still runs; this page tries again by itself.";
    return {
      title: "The API does not answer",
      detail: `Nothing answers at ${error.url}.`,
      advice,
      code: "unreachable",
    };
  }
  if (error instanceof Error && error.name.endsWith("ZodError")) {
    const detail = "The API answered something that this page does not know.";
    const advice = "They are probably of different versions: load the page again.";
    return { title: "An answer was not understood", detail, advice, code: "unknown-answer" };
  }
  const detail = error instanceof Error ? error.message : String(error);
  return {
    title: "Something went wrong in this page",
    detail,
    advice: "Loading it again may help.",
    code: "unexpected",
  };
}

/** What the API found wrong, by the field of the request; none where it named no field. */
export function fieldProblems(error: unknown): readonly SpecProblem[] {
  if (!(error instanceof ApiError)) return [];
  const { detail, details: { field, problems } = {} } = error.problem;
  if (Array.isArray(problems)) return problems as unknown as readonly SpecProblem[];
  return typeof field === "string" ? [{ field, message: sentence(detail) }] : [];
}

export const isSignedOut = (error: unknown): boolean => error instanceof ApiError && error.problem.status === 401;

/** Whether asking again may help. */
export function isPassing(error: unknown): boolean {
  if (error instanceof UnreachableError) return true;
  return error instanceof ApiError && (error.problem.status === 429 || error.problem.status >= 500);
}

const sentence = (text: string): string => {
  const whole = /[.!?]$/.test(text) ? text : `${text}.`;
  return `${whole[0]?.toUpperCase() ?? ""}${whole.slice(1)}`;
};
