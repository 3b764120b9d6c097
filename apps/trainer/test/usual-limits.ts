import { trainerWorkerConfig } from "../src/config.ts";

const { trainer } = trainerWorkerConfig;

/** Where nothing is set. */
export const usualLimits = trainer.options(trainer.env.parse({}));
