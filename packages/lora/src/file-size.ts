/** Above this many bytes a LoRA file is worth a question: most are a tenth of it. */
const DEFAULT_LIMIT_BYTES = 500_000_000;

/** What to say about a file that is unusually large for a LoRA; null when it is not. */
export function sizeWarning(bytes: number, limitBytes = DEFAULT_LIMIT_BYTES): string | null {
  if (bytes <= limitBytes) return null;
  const megabytes = (value: number) => `${Math.round(value / 1e6).toLocaleString("en-GB")} MB`;
  return `the file has ${megabytes(bytes)}, more than ${megabytes(limitBytes)}: is it a whole checkpoint instead of a LoRA?`;
}
