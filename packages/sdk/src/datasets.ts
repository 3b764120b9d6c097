import {
  CaptionHistory,
  DatasetDiffView,
  DatasetImagePage,
  DatasetOverlaps,
  DatasetPage,
  DatasetRemovalPage,
  DatasetView,
  type DeriveRequestInput,
  type ExportQuery,
} from "@loramill/contracts";
import type { Caller, PageOptions } from "./caller.ts";

type ExportOptions = Pick<ExportQuery, "layout"> & Partial<ExportQuery>;

/** `/v1/datasets`. A dataset is named by its name (then the newest version), its digest or a beginning of it, or its id. */
export function datasetCalls({ call, request }: Caller) {
  const at = (dataset: string) => `/v1/datasets/${encodeURIComponent(dataset)}`;
  return {
    /** `newest`: one version of each dataset, and no older ones. */
    list: ({ signal, newest, ...query }: PageOptions & { name?: string; project?: string; newest?: boolean } = {}) =>
      call({ path: "/v1/datasets", query: { ...query, ...flags({ newest }) }, answer: DatasetPage, signal }),
    get: (dataset: string, signal?: AbortSignal) => call({ path: at(dataset), answer: DatasetView, signal }),
    /** `urls`: with signed URLs of pictures and thumbnails, which are drawn when they are first asked for. */
    images: (
      dataset: string,
      { signal, captioned, urls, ...query }: PageOptions & { captioned?: boolean; text?: string; urls?: boolean } = {},
    ) =>
      call({
        path: `${at(dataset)}/images`,
        query: { ...query, ...flags({ captioned, urls }) },
        answer: DatasetImagePage,
        signal,
      }),
    /** What a version left out, and why. */
    removals: (dataset: string, { signal, ...query }: PageOptions = {}) =>
      call({ path: `${at(dataset)}/removals`, query, answer: DatasetRemovalPage, signal }),
    captions: (dataset: string, path: string, signal?: AbortSignal) =>
      call({ path: `${at(dataset)}/captions`, query: { path }, answer: CaptionHistory, signal }),
    diff: (before: string, after: string, signal?: AbortSignal) =>
      call({ path: `${at(before)}/diff/${encodeURIComponent(after)}`, answer: DatasetDiffView, signal }),
    overlaps: (dataset: string, query: { nearDistance?: number; with?: string } = {}, signal?: AbortSignal) =>
      call({ path: `${at(dataset)}/overlaps`, query, answer: DatasetOverlaps, signal }),
    derive: (dataset: string, change: DeriveRequestInput, signal?: AbortSignal) =>
      call({ method: "POST", path: `${at(dataset)}/derive`, body: change, answer: DatasetView, signal }),
    /** The archive as a stream, and what its layout cannot say. */
    async export(dataset: string, options: ExportOptions, signal?: AbortSignal) {
      const query = new URLSearchParams();
      for (const [name, value] of Object.entries(options)) if (value !== undefined) query.set(name, `${value}`);
      const response = await request(`${at(dataset)}/export?${query}`, signal ? { signal } : {});
      const header = (name: string) => decodeURIComponent(response.headers.get(name) ?? "");
      return {
        body: response.body as ReadableStream<Uint8Array>,
        warnings: JSON.parse(header("x-loramill-warnings") || "[]") as readonly string[],
        readBy: header("x-loramill-read-by"),
      };
    },
  };
}

const flags = (given: Readonly<Record<string, boolean | undefined>>): Record<string, string> =>
  Object.fromEntries(
    Object.entries(given).flatMap(([name, value]) => (value === undefined ? [] : [[name, `${value}`]])),
  );
