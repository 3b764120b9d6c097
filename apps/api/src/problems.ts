import { type Problem, redact, specProblems, toErrorRecord, UserError } from "@loramill/contracts";
import type { FastifyError, FastifyInstance, FastifyReply, FastifyRequest } from "fastify";
import { hasZodFastifySchemaValidationErrors } from "fastify-type-provider-zod";

/** HTTP statuses of the codes that have one of their own; other user errors answer 422. */
const STATUS_OF_CODE: Record<string, number> = {
  "not-found": 404,
  "run-not-found": 404,
  "job-not-found": 404,
  "batch-not-found": 404,
  "change-not-found": 404,
  "dataset-not-found": 404,
  "lora-not-found": 404,
  "generation-not-found": 404,
  "preview-not-found": 404,
  "nothing-chosen": 404,
  "object-missing": 404,
  unauthenticated: 401,
  forbidden: 403,
  "bad-signature": 403,
  "idempotency-conflict": 409,
  "wrong-state": 409,
  "wrong-token": 409,
  "preview-expired": 409,
  "ambiguous-lora": 409,
  "alias-taken": 409,
  "schedule-exists": 409,
  "too-large": 413,
  "rate-limited": 429,
  "bad-spec": 400,
  "bad-request": 400,
};

/** Every failure leaves as RFC 9457 problem+json; bugs are logged with their stack and answered without it. */
export function installProblems(server: FastifyInstance): void {
  server.setErrorHandler((error: FastifyError, request, reply) => sendProblem(problemOf(error), error, request, reply));
  server.setNotFoundHandler((request, reply) =>
    sendProblem(
      {
        type: "about:blank",
        title: "Not found",
        status: 404,
        detail: `there is nothing at ${request.method} ${request.url.split("?")[0]}`,
        code: "not-found",
      },
      null,
      request,
      reply,
    ),
  );
}

function sendProblem(problem: Problem, error: unknown, request: FastifyRequest, reply: FastifyReply): FastifyReply {
  if (problem.status >= 500) request.log.error({ err: error }, "request failed");
  return reply.code(problem.status).type("application/problem+json").send(JSON.stringify(problem));
}

/** What a client is told of a failure. */
export function problemOf(error: Error & Partial<FastifyError>): Problem {
  if (hasZodFastifySchemaValidationErrors(error)) {
    const problems = specProblems(
      error.validation.map(({ instancePath, message, params }) => ({
        path: instancePath.split("/").filter(Boolean),
        message: message ?? "",
        ...params,
      })),
    );
    const sentences = problems.map(({ field, message }) => `${field || error.validationContext}: ${message}`);
    // As plain records: what is sent as JSON has no interfaces.
    const details = { problems: problems.map(({ field, message }) => ({ field, message })) };
    return { ...problem(400, "bad-request", "The request is wrong", sentences.join("; ")), details };
  }
  const record = toErrorRecord(error);
  if (error instanceof UserError) {
    const status = STATUS_OF_CODE[record.code] ?? 422;
    return {
      ...problem(status, record.code, "The request cannot be honoured", record.message),
      details: record.details,
    };
  }
  if (record.class === "transient") return problem(503, record.code, "Try again later", record.message);
  if (STATUS_OF_CODE[record.code])
    return problem(STATUS_OF_CODE[record.code] ?? 500, record.code, "Not found", record.message);
  const status = error.statusCode ?? 500;
  if (status < 500)
    return problem(
      status,
      error.code?.toLowerCase().replaceAll("_", "-") ?? "bad-request",
      "The request is wrong",
      redact(error.message),
    );
  return problem(500, "unexpected", "Unexpected error", "an unexpected error; the server's log has the details");
}

function problem(status: number, code: string, title: string, detail: string): Problem {
  return { type: "about:blank", title, status, detail, code };
}
