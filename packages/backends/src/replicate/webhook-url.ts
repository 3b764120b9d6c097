/** Where Replicate reports to, which it does to addresses with HTTPS alone; null where there is none. */
export function webhookUrl(publicUrl: string | undefined): string | null {
  return publicUrl?.startsWith("https:") ? new URL("/v1/webhooks/replicate", publicUrl).href : null;
}
