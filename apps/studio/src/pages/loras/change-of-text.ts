import type { LoraChangeInput, LoraView } from "@loramill/contracts";

/** What can be written about a LoRA, as the fields of a form; lists are parted by commas. */
export interface LoraText {
  readonly triggerWords: string;
  readonly tags: string;
  readonly aliases: string;
  readonly family: string;
  readonly notes: string;
}

type Written = Pick<LoraView, "triggerWords" | "tags" | "aliases" | "family" | "notes">;

export const textOf = ({ triggerWords, tags, aliases, family, notes }: Written): LoraText => ({
  triggerWords: triggerWords.join(", "),
  tags: tags.join(", "),
  aliases: aliases.join(", "),
  family,
  notes,
});

/** What has to change so that a LoRA is as it was written; what is as before is left out. */
export function changeOf(lora: Written, text: LoraText): LoraChangeInput {
  const tags = difference(lora.tags, wordsOf(text.tags.toLowerCase()));
  const aliases = difference(lora.aliases, wordsOf(text.aliases));
  const triggerWords = wordsOf(text.triggerWords);
  return {
    addTags: tags.added,
    removeTags: tags.gone,
    addAliases: aliases.added,
    removeAliases: aliases.gone,
    ...(triggerWords.join() === lora.triggerWords.join() ? {} : { triggerWords }),
    ...(text.family === lora.family ? {} : { family: text.family }),
    ...(text.notes === lora.notes ? {} : { notes: text.notes }),
  };
}

const wordsOf = (text: string): string[] => [...new Set(text.split(",").map((word) => word.trim()))].filter(Boolean);

const difference = (before: readonly string[], after: readonly string[]) => ({
  added: after.filter((word) => !before.includes(word)),
  gone: before.filter((word) => !after.includes(word)),
});
