/** A vector and the model that made it; only vectors of one model are compared. */
export interface Embedding {
  readonly model: string;
  /** Of any length but zero. */
  readonly vector: readonly number[];
}

/** What the library knows of a LoRA, as far as it bears on whether it suits a prompt. */
export interface LoraFacts {
  readonly id: string;
  readonly name: string;
  /** `unknown` where nothing tells; such a LoRA is never chosen unasked. */
  readonly family: string;
  readonly triggerWords: readonly string[];
  readonly tags: readonly string[];
  /** Notes of people. */
  readonly description: string;
  /** Words and phrases of the captions it was trained on, with the share of captions (0 to 1) that hold them. */
  readonly captionTags: Readonly<Record<string, number>>;
  /** Names and tags of the LoRAs it was made of. */
  readonly lineage: readonly string[];
  /** Mean over its trigger words, tags and captions; null where there is none. */
  readonly embedding: Embedding | null;
  /** Of the picture that stands for it; null where there is none. */
  readonly coverEmbedding: Embedding | null;
  /** Stars of people, 1 to 5. */
  readonly ratings: { readonly average: number; readonly count: number } | null;
  /** The strength whose generations were rated best. */
  readonly bestStrength: { readonly strength: number; readonly ratings: number } | null;
  /** The strength that its metadata recommend. */
  readonly usualStrength: number | null;
}
