import { type BundlePart, ImportAnswer } from "@loramill/contracts";
import type { Caller } from "./caller.ts";

interface ExportOptions {
  readonly without?: readonly BundlePart[];
  readonly signal?: AbortSignal;
}

interface ImportOptions {
  /** For callers of all projects; default: the project called default. */
  readonly project?: string | undefined;
  /** Whether runs of the project may take its results for their own work; default: yes. */
  readonly reuse?: boolean | undefined;
  readonly signal?: AbortSignal;
}

/** An archive on its way. */
export interface BundleDownload {
  readonly body: ReadableStream<Uint8Array>;
  /** Of the whole archive. */
  readonly bytes: number;
  /** Digest of its manifest. */
  readonly bundle: string;
}

/** Runs and projects as one file. */
export function bundleCalls({ request }: Pick<Caller, "request">) {
  async function download(path: string, { without = [], signal }: ExportOptions): Promise<BundleDownload> {
    const query = without.length === 0 ? "" : `?${new URLSearchParams({ without: without.join(",") })}`;
    const { body, headers } = await request(`${path}/bundle${query}`, signal ? { signal } : {});
    return {
      body: body as ReadableStream<Uint8Array>,
      bytes: Number(headers.get("content-length")),
      bundle: headers.get("x-loramill-bundle") ?? "",
    };
  }

  return {
    exportRun: (run: string, options: ExportOptions = {}) => download(`/v1/runs/${run}`, options),
    exportProject: (project: string, options: ExportOptions = {}) =>
      download(`/v1/projects/${encodeURIComponent(project)}`, options),
    /** Sends an archive as it was exported. The same again changes nothing. */
    async import(
      body: Blob | ReadableStream<Uint8Array>,
      { project, reuse, signal }: ImportOptions = {},
    ): Promise<ImportAnswer> {
      const query = new URLSearchParams();
      if (project !== undefined) query.set("project", project);
      if (reuse !== undefined) query.set("reuse", `${reuse}`);
      const response = await request(`/v1/bundles${query.size > 0 ? `?${query}` : ""}`, {
        ...{ method: "POST", headers: { "content-type": "application/x-tar" }, body, duplex: "half" },
        ...(signal ? { signal } : {}),
      } as RequestInit);
      return ImportAnswer.parse(await response.json());
    },
  };
}
