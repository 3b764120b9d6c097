import { isRetryableStatus, PermanentError, TransientError, UserError } from "@loramill/contracts";

/** What an answer other than 2xx means: the only place where statuses are judged. */
export function errorOfStatus(answer: {
  readonly status: number;
  readonly headers: { get(name: string): string | null };
  readonly server: string;
  readonly path: string;
  /** What the server wrote, shortened and redacted. */
  readonly said: string;
}): UserError | TransientError | PermanentError {
  const { status, server, path, said } = answer;
  const details = { status, path };
  const answered = `ComfyUI at ${server} answered ${path} with ${status}${said === "" ? "" : ` (${said})`}`;
  if (isRetryableStatus(status)) {
    const seconds = Number(answer.headers.get("retry-after") ?? Number.NaN);
    const retryAfterMs = Number.isFinite(seconds) ? seconds * 1000 : undefined;
    return new TransientError(answered, { code: "endpoint-failed", details, retryAfterMs });
  }
  switch (status) {
    case 401:
    case 403:
      return new PermanentError(`${answered}: check COMFYUI_API_KEY, or the name and password in COMFYUI_API_URL`, {
        code: "endpoint-key-refused",
        details,
      });
    case 404:
      return new PermanentError(`${answered}: check the host and path of COMFYUI_API_URL, or update ComfyUI`, {
        code: "endpoint-not-found",
        details,
      });
    case 413:
      return new UserError(`${answered}: start ComfyUI with a larger --max-upload-size (megabytes)`, {
        code: "upload-too-large",
        details,
      });
    default:
      return new PermanentError(`${answered}: look in the server's log`, { code: "endpoint-refused", details });
  }
}
