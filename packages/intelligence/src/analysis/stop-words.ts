/** Words that nearly every sentence of a language has, and letters that it alone (or almost) is written with. */
interface LanguageMarks {
  readonly code: string;
  readonly words: ReadonlySet<string>;
  readonly letters: RegExp | null;
}

const marks = (code: string, words: string, letters: RegExp | null = null): LanguageMarks => ({
  code,
  words: new Set(words.split(" ")),
  letters,
});

export const STOP_WORDS: readonly LanguageMarks[] = [
  marks(
    "en",
    "the a an of and with in on at is are by from to her his their wearing standing sitting holding looking through under over behind",
  ),
  marks(
    "de",
    "der die das ein eine einer einem einen und mit im auf ist von zu am unter über bei dem den des nicht trägt steht vor hinter",
    /[ßäü]/giu,
  ),
  marks(
    "fr",
    "le la les un une des du et avec dans sur est de au aux qui par sous pour son sa ses en derrière",
    /[àèêçœ]/giu,
  ),
  marks("es", "el la los las un una unos y con en sobre es de del al que por bajo para su sus detrás", /[ñ¿¡]/giu),
  marks("it", "il lo la gli le un una uno e con in su è di del della nel nella che da sotto per i sul", /[ìò]/giu),
  marks("pt", "o a os as um uma e com em no na sobre é de do da que por para seu sua uns ao", /[ãõ]/giu),
  marks("nl", "de het een en met in op is van door onder voor naar zijn haar aan achter bij", /ij/giu),
  marks("pl", "i z w na jest do od pod przez nad za przed się o u oraz", /[ąęłśżź]/giu),
  marks("sv", "en ett och med i på är av till under över vid som den det bakom", /[å]/giu),
  marks("tr", "bir ve ile bu da de için gibi altında üstünde olan çok", /[ğışİ]/gu),
];
