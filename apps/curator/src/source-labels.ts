import type { Source } from "@loramill/contracts";

/**
 * What the paths of a source's files start with, so that those of several sources do not collide: nothing for a single
 * source, else the last part of its path, with a number where two are the same.
 */
export function labelSources(sources: readonly Source[]): string[] {
  if (sources.length < 2) return sources.map(() => "");
  const used = new Set<string>();
  return sources.map((source) => {
    const name = nameOf(source);
    let label = name;
    for (let n = 2; used.has(label); n++) label = `${name}-${n}`;
    used.add(label);
    return `${label}/`;
  });
}

function nameOf(source: Source): string {
  if (source.type === "upload") return `upload-${source.listing.slice(0, 8)}`;
  const path = source.type === "s3" ? source.url : source.path;
  const last = path.split(/[/\\]/).findLast((part) => part !== "" && part !== "." && part !== "..") ?? source.type;
  return source.type === "archive" ? last.replace(/\.(?:zip|tar|tgz|tar\.gz)$/i, "") : last;
}
