import type { Digest, PreparedImage } from "@loramill/contracts";

/** What a comparison looks at. */
export type ComparedImage = Pick<PreparedImage, "path" | "original" | "prepared" | "caption" | "repeats">;

export interface DatasetDiff {
  readonly same: number;
  readonly added: readonly { readonly path: string; readonly image: Digest }[];
  readonly removed: readonly { readonly path: string; readonly image: Digest }[];
  /** The same picture under another name. */
  readonly moved: readonly { readonly from: string; readonly to: string; readonly image: Digest }[];
  /** Another picture under the same name. */
  readonly replaced: readonly { readonly path: string; readonly before: Digest; readonly after: Digest }[];
  readonly recaptioned: readonly {
    readonly path: string;
    readonly before: string | null;
    readonly after: string | null;
  }[];
  /** The same picture, cut, scaled or encoded otherwise. */
  readonly reprepared: readonly { readonly path: string; readonly image: Digest }[];
  /** Shown more or less often. */
  readonly reweighted: readonly { readonly path: string; readonly before: number; readonly after: number }[];
}

/**
 * Compares two versions of a dataset picture by picture. A picture is known by its bytes first, by its path second; one
 * that moved and was captioned anew is listed under both.
 */
export function diffDatasets(before: Iterable<ComparedImage>, after: Iterable<ComparedImage>): DatasetDiff {
  const old = new Map<string, ComparedImage>();
  for (const image of before) old.set(image.path, image);
  const unmatched = new Map(old);
  const fresh: ComparedImage[] = [];
  const pairs: (readonly [ComparedImage, ComparedImage])[] = [];
  for (const image of after) {
    const twin = old.get(image.path);
    if (twin?.original.sha256 !== image.original.sha256) fresh.push(image);
    else {
      pairs.push([twin, image]);
      unmatched.delete(image.path);
    }
  }
  const byContent = Map.groupBy(unmatched.values(), ({ original }) => original.sha256);
  const moved: { from: string; to: string; image: Digest }[] = [];
  const strangers = fresh.filter((image) => {
    const twin = byContent.get(image.original.sha256)?.pop();
    if (twin === undefined) return true;
    unmatched.delete(twin.path);
    moved.push({ from: twin.path, to: image.path, image: image.original.sha256 });
    pairs.push([twin, image]);
    return false;
  });
  const replaced = strangers.flatMap((image) => {
    const twin = unmatched.get(image.path);
    if (twin === undefined) return [];
    unmatched.delete(image.path);
    return [{ path: image.path, before: twin.original.sha256, after: image.original.sha256 }];
  });
  const taken = new Set(replaced.map(({ path }) => path));
  const listed = ({ path, original }: ComparedImage) => ({ path, image: original.sha256 });
  const changes = pairs.map(([one, other]) => compare(one, other));
  const isSame = ([one, other]: (typeof pairs)[number], at: number) =>
    one.path === other.path && Object.keys(changes[at] ?? {}).length === 0;
  return {
    same: pairs.filter(isSame).length,
    added: strangers.filter(({ path }) => !taken.has(path)).map(listed),
    removed: [...unmatched.values()].map(listed),
    moved,
    replaced,
    recaptioned: changes.flatMap(({ caption }) => caption ?? []),
    reprepared: changes.flatMap(({ prepared }) => prepared ?? []),
    reweighted: changes.flatMap(({ repeats }) => repeats ?? []),
  };
}

function compare(before: ComparedImage, after: ComparedImage) {
  const { path } = after;
  const [was, is] = [before.caption?.text ?? null, after.caption?.text ?? null];
  const [often, now] = [before.repeats ?? 1, after.repeats ?? 1];
  const isSameBlob = before.prepared.blob.sha256 === after.prepared.blob.sha256;
  return {
    ...(was === is ? {} : { caption: { path, before: was, after: is } }),
    ...(isSameBlob ? {} : { prepared: { path, image: after.original.sha256 } }),
    ...(often === now ? {} : { repeats: { path, before: often, after: now } }),
  };
}
