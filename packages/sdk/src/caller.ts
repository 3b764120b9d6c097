import type { z } from "zod";

export interface Call<Schema extends z.ZodType> {
  readonly method?: "GET" | "POST" | "PUT" | "PATCH" | "DELETE";
  readonly path: string;
  readonly query?: Readonly<Record<string, string | number | undefined>>;
  readonly body?: unknown;
  readonly headers?: Readonly<Record<string, string>>;
  readonly answer: Schema;
  readonly signal?: AbortSignal | undefined;
}

/** How groups of calls ask: `call` parses the answer, `request` hands it on as it comes. */
export interface Caller {
  call<Schema extends z.ZodType>(options: Call<Schema>): Promise<z.output<Schema>>;
  request(path: string, init: RequestInit): Promise<Response>;
  /** What lies behind a signed URL, of the API or of the store. */
  open(url: string, signal?: AbortSignal): Promise<Response>;
}

export interface PageOptions {
  readonly cursor?: string;
  readonly limit?: number;
  readonly signal?: AbortSignal;
}
