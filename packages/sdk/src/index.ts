export type { BundleDownload } from "./bundles.ts";
export type { PageOptions } from "./caller.ts";
export { type Client, type ClientOptions, createClient } from "./client.ts";
export { ApiError, UnreachableError } from "./errors.ts";
export type { LostStream, RunMessage } from "./follow.ts";
export type { LoraUpload } from "./loras.ts";
export { readWebhook } from "./read-webhook.ts";
export type { BatchQuote, QuotedKind } from "./sum-quotes.ts";
export type { UploadFile, UploadOptions, UploadProgress } from "./upload.ts";
