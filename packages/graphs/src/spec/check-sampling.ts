import type { DrawnSpec } from "@loramill/contracts";
import { skipsLayers } from "../families/families.ts";
import type { Family } from "../families/family.ts";
import type { Report } from "./report.ts";

/** What ComfyUI 0.33.0 knows itself; packs may add others. */
export const SAMPLERS: readonly string[] = [
  "euler",
  "euler_cfg_pp",
  "euler_ancestral",
  "euler_ancestral_cfg_pp",
  "heun",
  "heunpp2",
  "exp_heun_2_x0",
  "exp_heun_2_x0_sde",
  "dpm_2",
  "dpm_2_ancestral",
  "lms",
  "dpm_fast",
  "dpm_adaptive",
  "dpmpp_2s_ancestral",
  "dpmpp_2s_ancestral_cfg_pp",
  "dpmpp_sde",
  "dpmpp_sde_gpu",
  "dpmpp_2m",
  "dpmpp_2m_cfg_pp",
  "dpmpp_2m_sde",
  "dpmpp_2m_sde_gpu",
  "dpmpp_2m_sde_heun",
  "dpmpp_2m_sde_heun_gpu",
  "dpmpp_3m_sde",
  "dpmpp_3m_sde_gpu",
  "ddpm",
  "lcm",
  "ipndm",
  "ipndm_v",
  "deis",
  "res_multistep",
  "res_multistep_cfg_pp",
  "res_multistep_ancestral",
  "res_multistep_ancestral_cfg_pp",
  "gradient_estimation",
  "gradient_estimation_cfg_pp",
  "er_sde",
  "seeds_2",
  "seeds_3",
  "sa_solver",
  "sa_solver_pece",
  "ddim",
  "uni_pc",
  "uni_pc_bh2",
];
export const SCHEDULERS: readonly string[] = [
  "simple",
  "sgm_uniform",
  "karras",
  "exponential",
  "ddim_uniform",
  "beta",
  "normal",
  "linear_quadratic",
  "kl_optimal",
];

export function checkSampling({ sampling }: DrawnSpec, family: Family, report: Report): void {
  const { sampler, scheduler, distilledGuidance, shift, clipSkip } = sampling;
  if (sampler !== undefined && !SAMPLERS.includes(sampler)) {
    report.warning("sampling.sampler", `ComfyUI itself has no sampler ${sampler}: the server must bring it`);
  }
  if (scheduler !== undefined && !SCHEDULERS.includes(scheduler)) {
    report.warning("sampling.scheduler", `ComfyUI itself has no scheduler ${scheduler}: the server must bring it`);
  }
  if (distilledGuidance !== undefined && family.usual.sampling.distilledGuidance === undefined) {
    report.warning("sampling.distilledGuidance", `has no effect: ${family.title} takes none`);
  }
  if (shift !== undefined && family.shifting === "none") {
    report.warning("sampling.shift", `has no effect: the schedule of ${family.title} is not shifted`);
  }
  if (clipSkip !== undefined && clipSkip > 1 && !skipsLayers(family)) {
    report.warning("sampling.clipSkip", `has no effect: only SD1.5 and SDXL read layers of CLIP`);
  }
}
