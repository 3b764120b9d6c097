import type { Catalog } from "@loramill/catalog";
import type { RunId } from "@loramill/contracts";
import { recordHistory } from "./record-history.ts";

/** Records the history of a fresh catalog, and makes a run with one step and one job in it, of a machine that is wanted. */
export async function addTrialMachine(catalog: Catalog): Promise<RunId> {
  await recordHistory(catalog);
  const wanted = { name: "lm-one", provider: "runpod", candidates: [], wantedFor: [], reason: "it is tried" };
  const run = await catalog.fleet.openPod(wanted);
  await catalog.pool.query(
    `insert into loramill.jobs (id, run, step, project, name, queue, ordinal, input, state)
     select 'job_1', s.run, s.id, r.project, 'tend-machine', 'provision', 0, '{}', 'waiting'
     from loramill.steps s join loramill.runs r on r.id = s.run where s.run = $1`,
    [run],
  );
  return run;
}

/** A LoRA of the library, and a picture, of the only job there is; `sha256` is of the file. As SQL. */
export const addLora = (id: string, sha256: string, tensors = "t") => `
  insert into loramill.loras (id, project, name, version, document, family, base_model, weights_sha256, tensors_sha256, bytes, run, step)
  select '${id}', project, '${id}', 1, '${id}', 'sdxl', 'sdxl', '${sha256}', '${tensors}', 1, run, step
  from loramill.jobs where id = 'job_1';`;
export const addPicture = (index: number, sha256: string, size = 8) => `
  insert into loramill.generations (id, project, run, step, job, index, sha256, bytes, media_type, prompt, negative_prompt, seed,
    steps, guidance, sampler, width, height, loras, base_model, backend, seconds)
  select 'gen_${index}', project, run, step, id, ${index}, '${sha256}', 1, 'image/png', '', '', 1, 1, 1, 's', ${size}, ${size}, '[]', '', '', 1
  from loramill.jobs where id = 'job_1';`;
