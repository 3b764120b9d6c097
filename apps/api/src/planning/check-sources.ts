import { type RunSpec, UserError } from "@loramill/contracts";

/** UserError `local-sources-off` where one is a file of this machine, and clients may name none. */
export function checkSources(sources: RunSpec["dataset"]["sources"], localSources: boolean): void {
  // Of every type: what names a file of this machine has a path.
  const local = sources.find((source) => "path" in source && source.path !== undefined);
  if (!local || localSources) return;
  throw new UserError(
    "this server does not read folders of its own machine for clients: upload the files (POST /v1/uploads) or name an S3 prefix",
    { code: "local-sources-off", details: { field: "dataset.sources" } },
  );
}
