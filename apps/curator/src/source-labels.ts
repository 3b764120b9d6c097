import { type Source, withoutArchiveExtension } from "@loramill/contracts";

/**
 * What the paths of a source's files start with, so that those of several sources do not collide: nothing for a single
 * source, else the last part of its path, with a number where two are the same. Frames always lie in a folder that is
 * named like their video.
 */
export function labelSources(sources: readonly Source[]): string[] {
  if (sources.length < 2 && sources[0]?.type !== "video") return sources.map(() => "");
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
  if (source.type === "dataset") return `dataset-${source.digest.slice(0, 8)}`;
  if (source.type === "urls") return "urls";
  const path = pathOf(source);
  const last = path.split(/[/\\]/).findLast((part) => part !== "" && part !== "." && part !== "..") ?? source.type;
  if (source.type === "manifest" || source.type === "video") return last.replace(/\.[^.]{1,8}$/, "");
  return source.type === "archive" ? withoutArchiveExtension(last) : last;
}

function pathOf(source: Exclude<Source, { type: "upload" | "dataset" | "urls" }>): string {
  if (source.type === "s3") return source.url;
  if (source.type !== "manifest") return source.path ?? "";
  return source.path ?? URL.parse(source.url ?? "")?.pathname ?? "";
}
