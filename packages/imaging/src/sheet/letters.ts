/** Width of a letter with its gap, and height, in font pixels. */
export const LETTER = { width: 6, height: 7 } as const;

/** What a letter without a drawing of its own looks like. */
const BOX = "1f11111111111f";

/** The rows of a letter, from the top, each of five bits. Letters with accents are drawn without. */
export function rowsOf(letter: string): number[] {
  const [base = " "] = letter.normalize("NFKD").toLowerCase();
  const hex = LETTERS[base] ?? BOX;
  return Array.from({ length: LETTER.height }, (_, row) => Number.parseInt(hex.slice(row * 2, row * 2 + 2), 16));
}

/** Seven rows of five bits each, as two hex digits a row; drawn for this file. What is not here is drawn as a box. */
const LETTERS: Readonly<Record<string, string>> = {
  " ": "00000000000000",
  "-": "0000001f000000",
  ".": "00000000000c0c",
  ",": "000000000c0408",
  ":": "000c0c000c0c00",
  "/": "01010204081010",
  "0": "0e11131519110e",
  "1": "040c040404040e",
  "2": "0e11010204081f",
  "3": "1f02040201110e",
  "4": "02060a121f0202",
  "5": "1f101e0101110e",
  "6": "0608101e11110e",
  "7": "1f010204080808",
  "8": "0e11110e11110e",
  "9": "0e11110f01020c",
  a: "0e11111f111111",
  b: "1e11111e11111e",
  c: "0e11101010110e",
  d: "1e11111111111e",
  e: "1f10101e10101f",
  f: "1f10101e101010",
  g: "0e11101711110e",
  h: "1111111f111111",
  i: "0e04040404040e",
  j: "0702020202120c",
  k: "11121418141211",
  l: "1010101010101f",
  m: "111b1515111111",
  n: "11191513111111",
  o: "0e11111111110e",
  p: "1e11111e101010",
  q: "0e11111115120d",
  r: "1e11111e141211",
  s: "0f10100e01011e",
  t: "1f040404040404",
  u: "1111111111110e",
  v: "11111111110a04",
  w: "1111111515150a",
  x: "11110a040a1111",
  y: "11110a04040404",
  z: "1f01020408101f",
  _: "0000000000001f",
  "+": "0004041f040400",
  "=": "00001f001f0000",
  "(": "02040808080402",
  ")": "08040202020408",
  "'": "04040800000000",
  '"': "0a0a0000000000",
  "!": "04040404040004",
  "?": "0e110204040004",
  "%": "18190204081303",
  "#": "0a0a1f0a1f0a0a",
  "&": "0c12140815120d",
  "*": "00150e1f0e1500",
  "@": "0e11171517100e",
  ";": "000c0c000c0408",
  "<": "02040810080402",
  ">": "08040201020408",
  "[": "0e08080808080e",
  "]": "0e02020202020e",
  "|": "04040404040404",
  $: "040f140e051e04",
  "~": "00000815020000",
};
