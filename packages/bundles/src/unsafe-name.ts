import { type DocumentKind, type DocumentOf, Name } from "@loramill/contracts";

type Named = { readonly [K in DocumentKind]?: (document: DocumentOf<K>) => { paths?: string[]; names?: string[] } };

/** What programs make file names of. Here it was cleaned when it came in; a bundle comes from anybody. */
const named: Named = {
  source: ({ items }) => ({ paths: items.map(({ path }) => path) }),
  prepared: ({ images }) => ({ paths: images.map(({ path }) => path) }),
  "dataset-part": ({ images }) => ({ paths: images.map(({ path }) => path) }),
  captions: ({ captions }) => ({ paths: captions.map(({ path }) => path) }),
  dataset: ({ name }) => ({ names: [name] }),
  lora: ({ name }) => ({ names: [name] }),
  model: ({ name }) => ({ names: [name] }),
};

/** The first name in a document that could lead out of a folder, or that no run could have given; null where all are good. */
export function unsafeName<K extends DocumentKind>(kind: K, document: DocumentOf<K>): string | null {
  const { paths = [], names = [] } = (
    named[kind] as ((of: unknown) => ReturnType<NonNullable<Named["lora"]>>) | undefined
  )?.(document) ?? { paths: [] };
  return paths.find((path) => !isInside(path)) ?? names.find((name) => !Name.safeParse(name).success) ?? null;
}

function isInside(path: string): boolean {
  if (path === "" || path.length > 1024 || /[\p{Cc}\\]/u.test(path) || /^[/~]|^[A-Za-z]:/.test(path)) return false;
  return !path.split("/").includes("..");
}
