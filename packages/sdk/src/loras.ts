import {
  ArtifactList,
  KnownLoras,
  type LoraChangeInput,
  LoraDownload,
  LoraImported,
  type LoraImportInput,
  LoraInspection,
  LoraLineage,
  LoraPage,
  type LoraQueryInput,
  type LoraRatingInput,
  LoraReport,
  type LoraValidateRequest,
  LoraValidation,
  LoraView,
  RunView,
} from "@loramill/contracts";
import type { Caller } from "./caller.ts";

/** A file of this machine, and what it is called. */
interface NamedFile {
  readonly fileName: string;
  readonly body: Blob;
  /** The expert of Wan 2.2 that it is for; left out, its name tells. */
  readonly role?: "high" | "low";
}

/** A file to import, and how the library is to call it; see `LoraImportFields`. */
export interface LoraUpload extends Omit<LoraImportInput, "tags" | "triggerWords">, NamedFile {
  /** The other half of a pair for high and low noise. */
  readonly partner?: NamedFile;
  readonly tags?: readonly string[];
  readonly triggerWords?: readonly string[];
  readonly cover?: NamedFile;
}

/** The project of callers of all projects, and what ends the call. */
interface LoraOptions {
  readonly project?: string | undefined;
  readonly signal?: AbortSignal | undefined;
}

/**
 * `/v1/loras`. A LoRA is named by its name (then the newest version), `name@version`, its id, an alias, a hash of its file,
 * or a unique beginning of one.
 */
export function loraCalls({ call, request, open }: Caller) {
  const at = (lora: string) => `/v1/loras/${encodeURIComponent(lora)}`;
  const asking = (path: string, { project, signal }: LoraOptions = {}) => ({ path, query: { project }, signal });
  const sendForm = async (method: "POST" | "PUT", path: string, form: FormData, signal?: AbortSignal) =>
    (await request(path, { method, body: form, ...(signal ? { signal } : {}) })).json();

  return {
    list: ({
      signal,
      ...query
    }: Omit<LoraQueryInput, "limit" | "minRating"> & {
      readonly limit?: number;
      readonly minRating?: number;
      readonly signal?: AbortSignal;
    } = {}) => call({ path: "/v1/loras", query, answer: LoraPage, signal }),
    get: (lora: string, options?: LoraOptions) => call({ ...asking(at(lora), options), answer: LoraView }),
    async import(
      { body, fileName, role, partner, cover, tags, triggerWords, ...fields }: LoraUpload,
      signal?: AbortSignal,
    ) {
      const form = new FormData();
      const said = { ...fields, tags: tags?.join(","), triggerWords: triggerWords?.join(",") };
      for (const [name, value] of Object.entries(said)) if (value !== undefined) form.append(name, `${value}`);
      if (cover !== undefined) form.append("cover", cover.body, cover.fileName);
      form.append(role ?? "file", body, fileName);
      if (partner !== undefined) form.append(partner.role ?? "file", partner.body, partner.fileName);
      return LoraImported.parse(await sendForm("POST", "/v1/loras", form, signal));
    },
    /** Which of these files, by the SHA-256 of their bytes, the library holds. */
    known: (sha256: readonly string[], { project, signal }: LoraOptions = {}) =>
      call({ method: "POST", path: "/v1/loras/known", body: { sha256, project }, answer: KnownLoras, signal }),
    change: (lora: string, body: LoraChangeInput, options?: LoraOptions) =>
      call({ ...asking(at(lora), options), method: "PATCH", body, answer: LoraView }),
    rate: (lora: string, body: LoraRatingInput, options?: LoraOptions) =>
      call({ ...asking(`${at(lora)}/ratings`, options), method: "POST", body, answer: LoraView }),
    async setCover(lora: string, picture: NamedFile, { project, signal }: LoraOptions = {}) {
      const form = new FormData();
      form.append("cover", picture.body, picture.fileName);
      const query = project === undefined ? "" : `?${new URLSearchParams({ project })}`;
      return LoraView.parse(await sendForm("PUT", `${at(lora)}/cover${query}`, form, signal));
    },
    delete: (lora: string, options?: LoraOptions) =>
      call({ ...asking(at(lora), options), method: "DELETE", answer: LoraView }),
    restore: (lora: string, options?: LoraOptions) =>
      call({ ...asking(`${at(lora)}/restore`, options), method: "POST", answer: LoraView }),
    lineage: (lora: string, options?: LoraOptions) =>
      call({ ...asking(`${at(lora)}/lineage`, options), answer: LoraLineage }),
    /** What its file's header tells; `metadata` and `keys` as they stand in the file where they are asked for. */
    inspect: (
      lora: string,
      { metadata, keys, ...options }: LoraOptions & { readonly metadata?: boolean; readonly keys?: boolean } = {},
    ) => {
      const { path, query, signal } = asking(`${at(lora)}/inspect`, options);
      const flag = (asked?: boolean) => (asked ? "true" : undefined);
      return call({
        path,
        query: { ...query, metadata: flag(metadata), keys: flag(keys) },
        signal,
        answer: LoraInspection,
      });
    },
    /** What is wrong with it and how much of it a model loads, by its header. */
    validateHeader: (lora: string, use: LoraValidateRequest = {}, options?: LoraOptions) => {
      const { path, query, signal } = asking(`${at(lora)}/validate`, options);
      return call({ path, query: { ...query, ...use }, signal, answer: LoraValidation });
    },
    /** The same with a look at every value: starts a run, whose `report` it becomes. */
    validate: (lora: string, use: LoraValidateRequest = {}, options?: LoraOptions) =>
      call({ ...asking(`${at(lora)}/validate`, options), method: "POST", body: use, answer: RunView }),
    /** How alike two LoRAs are: starts a run, whose `report` it becomes. */
    compare: (a: string, b: string, { project, signal }: LoraOptions = {}) =>
      call({ method: "POST", path: "/v1/loras/compare", body: { a, b, project }, answer: RunView, signal }),
    /** What a run of `validate` or `compare` found; null where it made no report. */
    async report(run: string, { signal }: Pick<LoraOptions, "signal"> = {}): Promise<LoraReport | null> {
      const { items } = await call({ path: `/v1/runs/${run}/artifacts`, answer: ArtifactList, signal });
      const report = items.find(({ kind }) => kind === "lora-report");
      return report === undefined ? null : LoraReport.parse(await (await open(report.url, signal)).json());
    },
    /** Its files: what each is called and is for, and a function that opens it as a stream. */
    async download(lora: string, options: LoraOptions = {}) {
      const { files } = await call({ ...asking(`${at(lora)}/download`, options), answer: LoraDownload });
      return files.map((file) => ({
        ...file,
        open: async () => (await open(file.url, options.signal)).body as ReadableStream<Uint8Array>,
      }));
    },
  };
}
