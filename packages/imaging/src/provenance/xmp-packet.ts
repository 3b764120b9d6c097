/**
 * XMP: that a picture came out of a trained model, in the words of the IPTC, which laws on marking such pictures ask
 * for; the program; and, where a format has no texts of its own, our record.
 */

/** https://cv.iptc.org/newscodes/digitalsourcetype */
const SOURCE_TYPES = "http://cv.iptc.org/newscodes/digitalsourcetype/";
export const digitalSourceTypes = {
  /** All of it was made by a model. */
  generated: `${SOURCE_TYPES}trainedAlgorithmicMedia`,
  /** A picture of another origin that a model changed. */
  edited: `${SOURCE_TYPES}compositeWithTrainedAlgorithmicMedia`,
} as const;

export interface XmpFacts {
  readonly digitalSourceType: string | null;
  readonly software: string | null;
  /** JSON. */
  readonly record: string | null;
}

export function writeXmp({ digitalSourceType, software, record }: XmpFacts): string {
  const properties = [
    ["Iptc4xmpExt:DigitalSourceType", digitalSourceType],
    ["xmp:CreatorTool", software],
    ["loramill:generation", record],
  ].flatMap(([name, value]) => (value == null ? [] : [`   <${name}>${escapeXml(value)}</${name}>`]));
  return `<?xpacket begin="\ufeff" id="W5M0MpCehiHzreSzNTczkc9d"?>
<x:xmpmeta xmlns:x="adobe:ns:meta/">
 <rdf:RDF xmlns:rdf="http://www.w3.org/1999/02/22-rdf-syntax-ns#">
  <rdf:Description rdf:about=""
    xmlns:Iptc4xmpExt="http://iptc.org/std/Iptc4xmpExt/2008-02-29/"
    xmlns:xmp="http://ns.adobe.com/xap/1.0/"
    xmlns:loramill="urn:loramill:provenance#">
${properties.join("\n")}
  </rdf:Description>
 </rdf:RDF>
</x:xmpmeta>
<?xpacket end="w"?>`;
}

/** Reads properties that are written as elements, attributes or references; null where there is none. Never throws. */
export function readXmp(xmp: string): XmpFacts {
  return {
    digitalSourceType: property(xmp, "Iptc4xmpExt:DigitalSourceType"),
    software: property(xmp, "xmp:CreatorTool"),
    record: property(xmp, "loramill:generation"),
  };
}

function property(xmp: string, name: string): string | null {
  const at = xmp.indexOf(name);
  if (at < 0) return null;
  const from = at + name.length;
  const rest = xmp.slice(from, from + 1024);
  const attribute = /^\s*(?:rdf:resource\s*)?=\s*(["'])([^"'<]*)\1/.exec(rest)?.[2];
  if (attribute !== undefined) return unescapeXml(attribute);
  const open = /^\s*>/.exec(rest)?.[0];
  if (open === undefined) return null;
  const end = xmp.indexOf("<", from + open.length);
  return end < 0 ? null : unescapeXml(xmp.slice(from + open.length, end)).trim();
}

const ESCAPES: Readonly<Record<string, string>> = {
  "&": "&amp;",
  "<": "&lt;",
  ">": "&gt;",
  '"': "&quot;",
  "'": "&apos;",
};
const CHARACTERS = new Map(Object.entries(ESCAPES).map(([character, escaped]) => [escaped, character]));

/** XML has no control characters and no halves of surrogate pairs, in whatever form. */
function escapeXml(text: string): string {
  return text
    .toWellFormed()
    .replace(/[^\t\n\r\u0020-\ufffd\u{10000}-\u{10ffff}]/gu, "")
    .replace(/[&<>"']/g, (character) => ESCAPES[character] ?? "");
}

function unescapeXml(text: string): string {
  return text.replace(/&(?:amp|lt|gt|quot|apos|#\d{1,7}|#x[\da-fA-F]{1,6});/g, (entity) => {
    const known = CHARACTERS.get(entity);
    if (known !== undefined) return known;
    const code = entity.startsWith("&#x") ? Number.parseInt(entity.slice(3), 16) : Number.parseInt(entity.slice(2), 10);
    return code <= 0x10ffff ? String.fromCodePoint(code) : "";
  });
}
