/** The pairs that CLIP would merge first, letter by letter, so that every word of `words` becomes one token. */
function mergesOf(words: readonly string[]): string[] {
  const merges = new Set<string>();
  for (const word of words) {
    const pieces = [...word.slice(0, -1), `${word.at(-1)}</w>`];
    let grown = pieces[0] as string;
    for (const piece of pieces.slice(1)) {
      merges.add(`${grown} ${piece}`);
      grown += piece;
    }
  }
  return [...merges];
}

/**
 * A `tokenizer.json` of CLIP's kind (lower case, byte pairs with `</w>` at the ends of words, marks around the text) that
 * knows `words` whole and everything else letter by letter.
 */
export function tinyClipTokenizer(words: readonly string[]) {
  const characters = [..."abcdefghijklmnopqrstuvwxyz0123456789.,!?'-"];
  const merges = mergesOf(words);
  const tokens = [
    ...new Set([
      ...characters,
      ...characters.map((character) => `${character}</w>`),
      ...merges.map((merge) => merge.replace(" ", "")),
      "<|startoftext|>",
      "<|endoftext|>",
    ]),
  ];
  const vocab = Object.fromEntries(tokens.map((token, id) => [token, id]));
  const [start, end] = [vocab["<|startoftext|>"] as number, vocab["<|endoftext|>"] as number];
  const added = (id: number, content: string) => ({
    id,
    content,
    single_word: false,
    lstrip: false,
    rstrip: false,
    normalized: false,
    special: true,
  });
  return {
    version: "1.0",
    truncation: null,
    padding: null,
    added_tokens: [added(start, "<|startoftext|>"), added(end, "<|endoftext|>")],
    normalizer: {
      type: "Sequence",
      normalizers: [
        { type: "NFC" },
        { type: "Replace", pattern: { Regex: "\\s+" }, content: " " },
        { type: "Lowercase" },
      ],
    },
    pre_tokenizer: {
      type: "Sequence",
      pretokenizers: [
        {
          type: "Split",
          pattern: { Regex: "'s|'t|'re|'ve|'m|'ll|'d|[\\p{L}]+|[\\p{N}]|[^\\s\\p{L}\\p{N}]+" },
          behavior: "Removed",
          invert: true,
        },
        { type: "ByteLevel", add_prefix_space: false, trim_offsets: true, use_regex: false },
      ],
    },
    post_processor: {
      type: "RobertaProcessing",
      sep: ["<|endoftext|>", end],
      cls: ["<|startoftext|>", start],
      trim_offsets: false,
      add_prefix_space: false,
    },
    decoder: { type: "ByteLevel", add_prefix_space: true, trim_offsets: true, use_regex: true },
    model: {
      type: "BPE",
      dropout: null,
      unk_token: "<|endoftext|>",
      continuing_subword_prefix: "",
      end_of_word_suffix: "</w>",
      fuse_unk: false,
      vocab,
      merges,
    },
  };
}
