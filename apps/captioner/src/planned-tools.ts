import { type Captioner, type ImageTextEmbedder, type InputOf, PermanentError } from "@loramill/contracts";

/** Counts tokens as a model does. */
export interface TokenCounter {
  readonly id: string;
  count(text: string): number;
}

/** What a worker has to work with. */
export interface Tools {
  /** Found by their id. */
  readonly captioners: readonly Captioner[];
  /** Judges which of several captions fits the picture, where there is one. */
  readonly embedder: ImageTextEmbedder | null;
  /** Count tokens exactly, found by their id. */
  readonly tokenCounters: readonly TokenCounter[];
}

type Params = InputOf<"caption-images">["params"];

/** What a run was planned with, in the order of its captioners; PermanentError `captioner-missing` where this worker has another. */
export function plannedTools({ provider, ensemble, tokenCounter }: Params, tools: Tools) {
  const captioners = (ensemble?.providers ?? [provider]).map(
    (id) => tools.captioners.find((one) => one.id === id) ?? missing("captioner", id, tools.captioners),
  );
  const { embedder } = tools;
  if (ensemble?.embedder !== undefined && ensemble.embedder !== embedder?.id) {
    missing("embedder", ensemble.embedder, embedder === null ? [] : [embedder]);
  }
  if (tokenCounter === undefined) return { captioners, embedder };
  const counter =
    tools.tokenCounters.find(({ id }) => id === tokenCounter) ??
    missing("tokenizer", tokenCounter, tools.tokenCounters);
  return { captioners, embedder, countTokens: (text: string) => counter.count(text) };
}

function missing(what: string, id: string, known: readonly { readonly id: string }[]): never {
  const has = known.length === 0 ? "none" : known.map((one) => one.id).join(", ");
  throw new PermanentError(
    `This worker does not have the ${what} ${id} that the run was planned with (it has ${has}): configure it here as where it was planned, or plan again`,
    { code: "captioner-missing", details: { [what]: id } },
  );
}
