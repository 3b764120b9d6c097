/** Names a person would use, with a typical sRGB value each. */
const NAMED: readonly (readonly [string, string])[] = [
  ["black", "000000"],
  ["charcoal", "36393d"],
  ["dark gray", "555555"],
  ["gray", "808080"],
  ["light gray", "c0c0c0"],
  ["white", "ffffff"],
  ["off-white", "f2efe6"],
  ["slate gray", "66788a"],
  ["red", "e01b1b"],
  ["dark red", "8b0f0f"],
  ["crimson", "c8143c"],
  ["burgundy", "5e1224"],
  ["brick red", "a84432"],
  ["salmon", "f28b78"],
  ["coral", "ff7550"],
  ["rust", "ae4a16"],
  ["orange", "ff8c00"],
  ["dark orange", "d66500"],
  ["apricot", "fbc08a"],
  ["peach", "ffd7b5"],
  ["amber", "ffbf1f"],
  ["gold", "d4a521"],
  ["mustard", "b8921e"],
  ["yellow", "ffe81a"],
  ["pale yellow", "fdf3a0"],
  ["cream", "fff4d2"],
  ["beige", "e3d3b0"],
  ["tan", "cdab7d"],
  ["khaki", "a99b66"],
  ["olive", "6f6f1c"],
  ["brown", "744420"],
  ["dark brown", "46281a"],
  ["light brown", "a97c50"],
  ["lime", "a6e41a"],
  ["yellow green", "8fb73e"],
  ["green", "2e9b2e"],
  ["bright green", "22d83c"],
  ["dark green", "134f1c"],
  ["forest green", "2a6b33"],
  ["pale green", "aee3ac"],
  ["sage green", "9aa885"],
  ["mint", "9feecb"],
  ["emerald", "14a673"],
  ["teal", "0d8080"],
  ["turquoise", "38cfc2"],
  ["cyan", "17e3f5"],
  ["sky blue", "87c5ef"],
  ["light blue", "b3d8f0"],
  ["blue", "1f52e0"],
  ["royal blue", "3566d0"],
  ["steel blue", "4a7fae"],
  ["dark blue", "12308a"],
  ["navy", "0d1a4a"],
  ["indigo", "44208e"],
  ["violet", "8a4fe0"],
  ["purple", "7b1fa2"],
  ["dark purple", "3d1452"],
  ["lavender", "cbbcf0"],
  ["plum", "8f4575"],
  ["magenta", "e020c8"],
  ["pink", "f78fb8"],
  ["hot pink", "fb3f97"],
  ["light pink", "fbcbd9"],
  ["dusty rose", "c08088"],
];

type Lab = readonly [number, number, number];

const table = NAMED.map(([name, hex]) => ({ name, lab: labFromHex(hex) }));

/** The name of the nearest colour by distance in CIELAB, for `#rrggbb`. */
export function colourName(rgb: string): string {
  const lab = labFromHex(rgb.replace(/^#/, ""));
  let best = { name: "gray", distance: Number.POSITIVE_INFINITY };
  for (const candidate of table) {
    const distance = squaredDistance(lab, candidate.lab);
    if (distance < best.distance) best = { name: candidate.name, distance };
  }
  return best.name;
}

function squaredDistance(a: Lab, b: Lab): number {
  return (a[0] - b[0]) ** 2 + (a[1] - b[1]) ** 2 + (a[2] - b[2]) ** 2;
}

/** sRGB (D65) to CIELAB. */
function labFromHex(hex: string): Lab {
  const value = Number.parseInt(hex, 16);
  const [r, g, b] = [value >> 16, (value >> 8) & 255, value & 255].map((channel) => {
    const share = channel / 255;
    return share <= 0.04045 ? share / 12.92 : ((share + 0.055) / 1.055) ** 2.4;
  }) as [number, number, number];
  const x = curve((0.4124 * r + 0.3576 * g + 0.1805 * b) / 0.9505);
  const y = curve(0.2126 * r + 0.7152 * g + 0.0722 * b);
  const z = curve((0.0193 * r + 0.1192 * g + 0.9505 * b) / 1.089);
  return [116 * y - 16, 500 * (x - y), 200 * (y - z)];
}

function curve(share: number): number {
  return share > 216 / 24389 ? Math.cbrt(share) : (841 / 108) * share + 4 / 29;
}
