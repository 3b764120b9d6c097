/** What a LoRA is to learn. */
export type CaptionRecipe = "identity" | "style" | "product";

/**
 * What always stays the same in a set must not be in its captions: what is named stays changeable, what is left out is
 * learned with the trigger word.
 */
export interface RecipeRules {
  /** Sentences of the question to a vision model, with the class's name. */
  readonly ask: (subject: string) => readonly string[];
  /** A part between commas that is nothing but this is left out. */
  readonly parts: RegExp;
  /** Taken out wherever it stands. */
  readonly inline: readonly RegExp[];
}

const LOOK =
  "(?:very|long|short|medium|shoulder-length|curly|straight|wavy|blonde?|brown|black|red|gr[ae]y|white|dark|light|silver|auburn|blue|green|hazel|amber|golden|pale|fair|tan|tanned|olive|freckled|thick|bushy|full|trimmed|small|big|large|round|almond-shaped|piercing|bright|deep|smooth|rosy)";
const TRAIT =
  "(?:eyes?|hair|skin(?: tone)?|complexion|beard|mou?stache|eyebrows?|nose|lips|cheekbones|cheeks|freckles|face|fur|coat)";
const TRAITS = `(?:${LOOK}(?:,? (?:and )?|-))*${TRAIT}`;

const MEDIUM =
  "(?:oil painting|acrylic painting|watercolou?r(?: painting)?|digital (?:painting|art|illustration)|painting|illustration|drawing|sketch|pencil drawing|ink drawing|line art|engraving|woodcut|comic(?: book)?(?: art| style)?|anime(?: style| art)?|manga|cartoon(?: style)?|3d render(?:ing)?|render(?:ing)?|pixel art|concept art|artwork|pastel|gouache|collage|mosaic|poster|vector art|pop art|impressionis[tm]|expressionis[tm]|art nouveau|art deco|cubis[tm]|surrealis[tm]|minimalis[tm])";

const rules: Readonly<Record<CaptionRecipe, RecipeRules>> = {
  identity: {
    ask: (subject) => [
      `Call the main subject only "the ${subject}" and leave out what never changes about it: face, eyes, hair colour, skin, fur, build and age.`,
      "Name its pose, expression, clothing and accessories, then surroundings, background, light, camera angle and framing, as far as they can be seen.",
    ],
    parts: new RegExp(
      `^(?:(?:with|has|having) )?${TRAITS}(?: and ${TRAITS})*$|^(?:young|old|elderly|middle-aged|teenaged?)$`,
      "i",
    ),
    inline: [
      new RegExp(
        `,? (?:with|has|having) (?:an? |the |his |her |its )?${TRAITS}(?:(?:,| and|, and) ${TRAITS})*\\b`,
        "gi",
      ),
      /\b(?:young|elderly|middle-aged|old|teenaged?)\s+(?=(?:man|woman|boy|girl|person|lady|gentleman|male|female|dog|cat)\b)/gi,
    ],
  },
  style: {
    ask: (subject) => [
      `Say only what is shown: ${subject === "" ? "the subject" : `the ${subject}`}, what it does, surroundings, objects and composition.`,
      "Leave out how the picture is made: no medium, technique, brush strokes, artist, art movement, mood or words such as style, painting or photo.",
    ],
    parts: new RegExp(
      `^(?:an? |the )?(?:[a-z-]+ )?${MEDIUM}$|^(?:[a-z-]+ ){0,3}(?:style|aesthetic|brush ?strokes?|texture)$|^(?:in|by|after) (?:the (?:style|manner) of )?(?:[\\p{Lu}][\\p{L}.'-]+ ?){1,4}$|^in (?:an? |the )?(?:[a-z-]+ ){0,3}style(?: of .{1,60})?$`,
      "u",
    ),
    inline: [
      new RegExp(`^(?:an? |the )?(?:[a-z-]+ )?${MEDIUM}(?: style)? (?:of|showing|depicting) `, "i"),
      /,? (?:(?:drawn|painted|rendered|done|shown|depicted) )?in (?:an? |the )?(?:[a-z-]+ ){0,3}style(?: of [\p{L}.'-]+(?: \p{Lu}[\p{L}.'-]+){0,3})?(?=[,.;]|$)/giu,
    ],
  },
  product: {
    ask: (subject) => [
      `Call the product only "the ${subject}" and leave out its shape, colour, material, label and logo.`,
      "Name where it stands or who holds it, surface, background, other objects, light, camera angle, distance and framing, as far as they can be seen.",
    ],
    parts:
      /^(?:(?:with|has|having) )?(?:an? |the |its )?(?:[a-z-]+ ){0,3}(?:logo|label|brand(?:ing| name)?|packaging|lettering)$|^product (?:photo(?:graphy)?|shot)$|^(?:commercial|advertising|studio product) (?:photo(?:graphy)?|shot)$/i,
    inline: [
      /,? with (?:an? |the |its )?(?:[a-z-]+ ){0,3}(?:logo|label|branding|lettering)(?: (?:reading|that reads|saying) (?:["“][^"”]{1,60}["”]|[^\s,.;]+))?/gi,
      /,? (?:reading|that reads|that says|saying) ["“][^"”]{1,60}["”]/gi,
    ],
  },
};

export const recipeRules = (recipe: CaptionRecipe): RecipeRules => rules[recipe];

/** A text without what the recipe leaves to the trigger word. */
export function leaveOut(text: string, recipe: CaptionRecipe): string {
  const { parts, inline } = recipeRules(recipe);
  const cut = inline.reduce((rest, pattern) => rest.replace(pattern, ""), text);
  const kept = cut.split(/,\s+/).filter((part) => !parts.test(part.trim().replace(/\.$/, "")));
  return kept.join(", ");
}
