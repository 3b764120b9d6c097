/**
 * Pairs in the order in which they are merged, so that every word of `words` becomes one token: what earlier words have
 * merged already is merged in later ones too, before what is left of them.
 */
function mergesOf(words: readonly string[]): string[] {
  const merges: [left: string, right: string][] = [];
  for (const word of words) {
    let pieces = [...word.slice(0, -1), `${word.at(-1)}</w>`];
    for (const merge of merges) pieces = joinPairs(pieces, merge);
    while (pieces.length > 1) {
      const merge: [string, string] = [pieces[0] as string, pieces[1] as string];
      merges.push(merge);
      pieces = joinPairs(pieces, merge);
    }
  }
  return merges.map((merge) => merge.join(" "));
}

function joinPairs(pieces: readonly string[], [left, right]: readonly [string, string]): string[] {
  const joined: string[] = [];
  for (const piece of pieces) {
    if (piece === right && joined.at(-1) === left) joined.splice(-1, 1, left + right);
    else joined.push(piece);
  }
  return joined;
}

/**
 * A `tokenizer.json` of CLIP's kind (lower case, byte pairs with `</w>` at the ends of words, marks around the text) that
 * knows `words` whole and everything else letter by letter.
 */
export function tinyClipTokenizer(
  words: readonly string[],
  marks: { readonly start: string; readonly end: string } = { start: "<|startoftext|>", end: "<|endoftext|>" },
) {
  const characters = [..."abcdefghijklmnopqrstuvwxyz0123456789.,!?'-"];
  const merges = mergesOf(words);
  const tokens = [
    ...new Set([
      ...characters,
      ...characters.map((character) => `${character}</w>`),
      ...merges.map((merge) => merge.replace(" ", "")),
      marks.start,
      marks.end,
    ]),
  ];
  const vocab = Object.fromEntries(tokens.map((token, id) => [token, id]));
  const [start, end] = [vocab[marks.start] as number, vocab[marks.end] as number];
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
    added_tokens: [added(start, marks.start), added(end, marks.end)],
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
      sep: [marks.end, end],
      cls: [marks.start, start],
      trim_offsets: false,
      add_prefix_space: false,
    },
    decoder: { type: "BPEDecoder", suffix: "</w>" },
    model: {
      type: "BPE",
      dropout: null,
      unk_token: marks.end,
      continuing_subword_prefix: "",
      end_of_word_suffix: "</w>",
      fuse_unk: false,
      vocab,
      merges,
    },
  };
}

/** A `tokenizer.json` of T5's kind: pieces with a mark for the space before a word, the likeliest of them together. */
export function tinyT5Tokenizer(words: readonly string[]) {
  const pieces: [string, number][] = [
    ["<pad>", 0],
    ["</s>", 0],
    ["<unk>", 0],
    ["▁", -3],
    ...words.map((word): [string, number] => [`▁${word}`, -4]),
    ...[..."abcdefghijklmnopqrstuvwxyz"].map((letter): [string, number] => [letter, -6]),
  ];
  return {
    version: "1.0",
    truncation: null,
    padding: null,
    added_tokens: [],
    normalizer: null,
    pre_tokenizer: { type: "Metaspace", replacement: "▁", add_prefix_space: true, prepend_scheme: "always" },
    post_processor: {
      type: "TemplateProcessing",
      single: [{ Sequence: { id: "A", type_id: 0 } }, { SpecialToken: { id: "</s>", type_id: 0 } }],
      pair: [{ Sequence: { id: "A", type_id: 0 } }, { SpecialToken: { id: "</s>", type_id: 0 } }],
      special_tokens: { "</s>": { id: "</s>", ids: [1], tokens: ["</s>"] } },
    },
    decoder: { type: "Metaspace", replacement: "▁", add_prefix_space: true, prepend_scheme: "always" },
    model: { type: "Unigram", unk_id: 2, vocab: pieces, byte_fallback: false },
  };
}
