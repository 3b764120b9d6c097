import { createParser, type EventSourceMessage } from "eventsource-parser";

/** The events of a stream as they arrive, until it ends. */
export async function* readServerSentEvents(response: Response): AsyncGenerator<EventSourceMessage> {
  if (!response.body) return;
  const ready: EventSourceMessage[] = [];
  const parser = createParser({ onEvent: (message) => void ready.push(message) });
  const decoder = new TextDecoder();
  // By its reader: not every browser can iterate over a body.
  const reader = response.body.getReader();
  try {
    for (let chunk = await reader.read(); !chunk.done; chunk = await reader.read()) {
      parser.feed(decoder.decode(chunk.value, { stream: true }));
      yield* ready.splice(0);
    }
  } finally {
    await reader.cancel().catch(() => undefined);
  }
}
