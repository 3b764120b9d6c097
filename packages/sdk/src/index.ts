export { type Client, type ClientOptions, createClient, type PageOptions, type UploadFile } from "./client.ts";
export { ApiError, UnreachableError } from "./errors.ts";
export type { RunMessage } from "./follow.ts";
