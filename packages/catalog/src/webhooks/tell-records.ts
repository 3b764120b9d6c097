import type { ProjectId, RunId } from "@loramill/contracts";
import type { Sql } from "../connection.ts";
import { tellWebhooks } from "./tell-webhooks.ts";

interface Made {
  readonly id: string;
  readonly project: ProjectId;
  readonly run: RunId;
  readonly name: string;
  readonly version: number;
}
export type MadeLora = Made & { readonly family: string };
export type MadeDataset = Made & { readonly digest: string; readonly images: number };

const runPath = (run: RunId) => `/v1/runs/${run}`;

/** Versions of LoRAs that a settlement has just put into the library. */
export async function tellLoras(sql: Sql, loras: readonly MadeLora[]): Promise<void> {
  for (const { project, run, id, name, version, family } of loras) {
    const links = { run: runPath(run), lora: `/v1/loras/${id}` };
    const data = { lora: { id, name, version, family }, run: { id: run }, links };
    await tellWebhooks(sql, { project, type: "lora.released", subject: run, data });
  }
}

/** Versions of datasets that a settlement has just written down. */
export async function tellDatasets(sql: Sql, datasets: readonly MadeDataset[]): Promise<void> {
  for (const { project, run, name, version, digest, images } of datasets) {
    const links = {
      run: runPath(run),
      dataset: `/v1/datasets/${encodeURIComponent(`${name}@${digest.slice(0, 12)}`)}`,
    };
    const data = { dataset: { name, version, digest, images }, run: { id: run }, links };
    await tellWebhooks(sql, { project, type: "dataset.made", subject: run, data });
  }
}
