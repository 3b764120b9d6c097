import type { LoraView } from "@loramill/contracts";

export interface LoraPartProps {
  readonly lora: LoraView;
  /** What the page was asked for: an id, a name. */
  readonly name: string;
  readonly project: string | undefined;
}
