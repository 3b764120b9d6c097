import { createParser, type EventSourceMessage } from "eventsource-parser";

/** The events of a stream as they arrive, until it ends. */
export async function* readServerSentEvents(response: Response): AsyncGenerator<EventSourceMessage> {
  if (!response.body) return;
  const ready: EventSourceMessage[] = [];
  const parser = createParser({ onEvent: (message) => void ready.push(message) });
  const decoder = new TextDecoder();
  for await (const chunk of response.body) {
    parser.feed(decoder.decode(chunk, { stream: true }));
    yield* ready.splice(0);
  }
}
