import { isFinal, type RunEvent, type RunView } from "@loramill/contracts";
import type { Client, LostStream } from "@loramill/sdk";
import type { CommandContext } from "./commands/context.ts";
import { createLiveView } from "./live-view.ts";

/**
 * Starts a run, or takes up one, and follows it on the terminal to its end. With `cancel`, the first Ctrl-C cancels it and
 * waits, and the second leaves it to itself; with `leave`, the first one does.
 */
export async function followRun(options: {
  client: Client;
  start: () => Promise<RunView>;
  onInterrupt: "cancel" | "leave";
  context: CommandContext;
}): Promise<{ run: RunView; detached: boolean }> {
  const { client, context, onInterrupt } = options;
  const view = createLiveView(context.json ? context.err : context.out);
  const stop = new AbortController();
  let run: RunView | null = null;
  let interrupts = 0;
  const cancel = ({ id }: RunView) =>
    client.cancelRun(id).then(
      () => {},
      (error: Error) => view.print(`it could not be cancelled: ${error.message}`),
    );
  // From before the run exists, so that Ctrl-C while it is submitted cancels it too.
  const giveBack = context.interrupts.take(() => {
    interrupts += 1;
    if (onInterrupt === "leave" || interrupts > 1) return stop.abort();
    view.print("cancelling; what is done stays. Ctrl-C again leaves the run to itself");
    if (run) void cancel(run);
  });
  try {
    run = await options.start();
    if (interrupts > 0 && onInterrupt === "cancel") await cancel(run);
    for (const note of run.notes) view.print(`note: ${note}`);
    view.show(run);
    // At the second try: one that broke off is taken up again without a word.
    const onLost = ({ attempt }: LostStream) => {
      if (attempt === 2) view.print(`${client.url} does not answer; trying again. The run is not lost`);
    };
    for await (const message of client.follow(run.id, { signal: stop.signal, onLost })) {
      if (message.kind === "snapshot") {
        run = message.run;
        view.show(run);
      } else {
        const warning = warningOf(message.event);
        if (warning !== null) view.print(`warning: ${warning}`);
      }
    }
    const detached = stop.signal.aborted && !isFinal("run", run.state);
    if (detached) view.print(`left to itself; \`loramill watch ${run.id}\` follows it again`);
    return { run, detached };
  } finally {
    giveBack();
    view.end();
  }
}

/** What a person should hear of an event at once; null for all others. */
function warningOf({ type, data }: RunEvent): string | null {
  if (type.endsWith("warning")) return String(data.message);
  if (type !== "lora.fallback") return null;
  return `the LoRA ${data.name} is left away (${data.reason}); "${data.enhancement}" stands in for it`;
}
