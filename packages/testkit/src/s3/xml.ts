/** As much XML as S3 uses: elements with text or elements, no attributes that matter. */
export interface XmlElement {
  readonly name: string;
  readonly children: readonly XmlElement[];
  readonly text: string;
}

const ENTITIES: Readonly<Record<string, string>> = { lt: "<", gt: ">", amp: "&", quot: '"', apos: "'" };

export function element(name: string, content: string | number | boolean | readonly string[], attributes = ""): string {
  const inner = Array.isArray(content) ? content.join("") : escapeXml(String(content));
  return `<${name}${attributes === "" ? "" : ` ${attributes}`}>${inner}</${name}>`;
}

export function xmlDocument(root: string): string {
  return `<?xml version="1.0" encoding="UTF-8"?>\n${root}`;
}

function escapeXml(text: string): string {
  return text
    .replaceAll("&", "&amp;")
    .replaceAll("<", "&lt;")
    .replaceAll(">", "&gt;")
    .replaceAll('"', "&quot;")
    .replaceAll("\r", "&#13;");
}

/** The root of a document, or null where it is not well formed. */
export function parseXml(text: string): XmlElement | null {
  const open: { name: string; children: XmlElement[]; text: string }[] = [{ name: "", children: [], text: "" }];
  const token = /<\?[^>]*\?>|<!--[\s\S]*?-->|<\/([\w:.-]+)\s*>|<([\w:.-]+)([^<>]*?)(\/?)>|([^<]+)/gy;
  let end = 0;
  for (let match = token.exec(text); match !== null; match = token.exec(text)) {
    end = token.lastIndex;
    const [, closing, opening, , selfClosing, chars] = match;
    const parent = open.at(-1);
    if (parent === undefined) return null;
    if (chars !== undefined) parent.text += unescapeXml(chars);
    else if (opening !== undefined) {
      if (selfClosing === "/") parent.children.push({ name: opening, children: [], text: "" });
      else open.push({ name: opening, children: [], text: "" });
    } else if (closing !== undefined) {
      if (parent.name !== closing) return null;
      open.pop();
      open.at(-1)?.children.push(parent);
    }
  }
  const [root] = open[0]?.children ?? [];
  return end === text.length && open.length === 1 && open[0]?.children.length === 1 ? (root ?? null) : null;
}

function unescapeXml(text: string): string {
  return text.replace(/&(?:#x([0-9a-f]+)|#(\d+)|(\w+));/gi, (whole, hex: string, decimal: string, name: string) => {
    if (hex !== undefined) return String.fromCodePoint(Number.parseInt(hex, 16));
    if (decimal !== undefined) return String.fromCodePoint(Number(decimal));
    return ENTITIES[name] ?? whole;
  });
}

export function childText(parent: XmlElement, name: string): string | undefined {
  return parent.children.find((child) => child.name === name)?.text;
}
