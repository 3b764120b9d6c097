/** What `shared` comes to, for one who may go away before: its own signal ends its wait, and the work goes on for the others. */
export async function orLeave<T>(shared: Promise<T>, signal?: AbortSignal): Promise<T> {
  signal?.throwIfAborted();
  if (signal === undefined) return shared;
  const { promise: gone, reject } = Promise.withResolvers<never>();
  const leave = () => reject(signal.reason);
  signal.addEventListener("abort", leave, { once: true });
  try {
    return await Promise.race([shared, gone]);
  } finally {
    signal.removeEventListener("abort", leave);
  }
}
