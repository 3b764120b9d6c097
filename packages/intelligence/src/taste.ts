/** What is being drawn when a LoRA is thought of; what taste is learned over. */
export interface TasteContext {
  /** The LoRA's key in the library: its name, whatever the version. */
  readonly lora: string;
  /** Family of the base model that draws, such as `sdxl`. */
  readonly family: string;
  /** Kind of subject in the prompt, as the analysis names it: `person`, `animal`, … or `other`. */
  readonly subject: string;
}

/** What ratings say of a LoRA in a context. */
export interface Taste {
  /** Expected liking, 0 (one star) to 1 (five stars); 0.5 where nothing is known. */
  readonly mean: number;
  /** Ratings it rests on, as many as they count for; 0 where there are none. */
  readonly observations: number;
}

/** How well people like what a LoRA draws; learned from ratings elsewhere, only asked here. */
export interface TasteModel {
  score(context: TasteContext): Taste;
}

/** Before the first rating: nothing is known of anything. */
export const noTaste: TasteModel = { score: () => ({ mean: 0.5, observations: 0 }) };
