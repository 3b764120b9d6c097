/** What `loramill` answers to the shell. Scripts may rely on these. */
export const exitCodes = {
  ok: 0,
  /** The run failed, or a check of `doctor` did. */
  failed: 1,
  /** The command line, the spec or the configuration is wrong. */
  usage: 2,
  /** No API answers. */
  unreachable: 3,
  /** The run ended because its budget or deadline was reached. */
  exhausted: 4,
  /** The run was cancelled. */
  cancelled: 130,
} as const;

export function exitCodeOfRun(state: string): number {
  if (state === "succeeded") return exitCodes.ok;
  if (state === "cancelled") return exitCodes.cancelled;
  return state === "exhausted" ? exitCodes.exhausted : exitCodes.failed;
}
