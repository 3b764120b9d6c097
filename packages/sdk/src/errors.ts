import type { Problem } from "@loramill/contracts";

/** The API refused a request; `problem.code` is stable, `problem.detail` says what to do. */
export class ApiError extends Error {
  readonly problem: Problem;

  constructor(problem: Problem) {
    super(problem.detail);
    this.name = "ApiError";
    this.problem = problem;
  }
}

/** Nothing answers at the URL. */
export class UnreachableError extends Error {
  readonly url: string;

  constructor(url: string, cause: unknown) {
    super(`no Loramill API answers at ${url}; start one with \`loramill up\`, or set LORAMILL_URL`, { cause });
    this.name = "UnreachableError";
    this.url = url;
  }
}
