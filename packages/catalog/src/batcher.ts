/**
 * Collects single requests into batches: everything asked for within one turn of the event loop, and everything asked
 * for while a batch is under way, goes into the next one. Under load batches grow by themselves and the cost of a commit
 * is shared; without load a request waits for nothing.
 */
export interface Batcher<Request, Answer> {
  add(request: Request): Promise<Answer>;
  /** Resolves when everything added so far has been answered. */
  idle(): Promise<void>;
}

interface Waiting<Request, Answer> {
  readonly request: Request;
  readonly resolve: (answer: Answer) => void;
  readonly reject: (error: unknown) => void;
}

export function createBatcher<Request, Answer>(options: {
  /** Answers in the order of the requests. One call at a time. */
  readonly run: (requests: readonly Request[]) => Promise<readonly Answer[]>;
  readonly maxBatch: number;
  /** Two requests with the same key never share a batch; the later one goes into the next. */
  readonly keyOf?: (request: Request) => string;
  /** Whether a failure may be the fault of one request: then the batch is halved until the guilty one stands alone. */
  readonly splitOn: (error: unknown) => boolean;
}): Batcher<Request, Answer> {
  const { run, maxBatch, keyOf, splitOn } = options;
  let waiting: Waiting<Request, Answer>[] = [];
  let running: Promise<void> | undefined;

  function takeBatch(): Waiting<Request, Answer>[] {
    if (keyOf === undefined) return waiting.splice(0, maxBatch);
    const batch: Waiting<Request, Answer>[] = [];
    const later: Waiting<Request, Answer>[] = [];
    const keys = new Set<string>();
    for (const entry of waiting) {
      const key = keyOf(entry.request);
      if (batch.length < maxBatch && !keys.has(key)) {
        keys.add(key);
        batch.push(entry);
      } else later.push(entry);
    }
    waiting = later;
    return batch;
  }

  async function runBatch(batch: readonly Waiting<Request, Answer>[]): Promise<void> {
    try {
      const answers = await run(batch.map((entry) => entry.request));
      if (answers.length !== batch.length) throw new Error(`a batch of ${batch.length} got ${answers.length} answers`);
      batch.forEach((entry, index) => {
        entry.resolve(answers[index] as Answer);
      });
    } catch (error) {
      if (batch.length > 1 && splitOn(error)) {
        const half = Math.ceil(batch.length / 2);
        await runBatch(batch.slice(0, half));
        await runBatch(batch.slice(half));
      } else for (const entry of batch) entry.reject(error);
    }
  }

  async function runAll(): Promise<void> {
    // The rest of this turn of the loop may still bring requests.
    await new Promise<void>((resolve) => setImmediate(resolve));
    while (waiting.length > 0) await runBatch(takeBatch());
    running = undefined;
  }

  return {
    add(request) {
      return new Promise((resolve, reject) => {
        waiting.push({ request, resolve, reject });
        running ??= runAll();
      });
    },
    async idle() {
      while (running !== undefined) await running;
    },
  };
}
