import type { CaptionStyle } from "@loramill/contracts";

export type FinishingStyle = Pick<CaptionStyle, "maxWords" | "tags"> &
  Partial<Omit<CaptionStyle, "maxWords" | "tags">> & {
    /** What is known of the picture without looking: its path, the texts inside the file, a person's caption. */
    readonly known?: readonly string[];
    /** Counts the tokens of `maxTokens` exactly; left out, they are estimated. */
    readonly countTokens?: (text: string) => number;
  };
