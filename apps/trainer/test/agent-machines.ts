import { mkdir, mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { neutralRecipe, type Recipe, type Stores } from "@loramill/contracts";
import { openStores } from "@loramill/storage";
import {
  installScriptedTrainer,
  type SpawnedAgent,
  spawnAgent,
  startS3Server,
  type TrainerBehaviour,
} from "@loramill/testkit";

const AGENT = resolve(import.meta.dirname, "../../pod-agent/test/run-agent.ts");
const TOKEN = "a token of the tests";

/** An object store that agents reach, and machines with an agent and a scripted trainer, each a process of its own. */
export async function openAgentMachines(behaviour: TrainerBehaviour) {
  const folder = await mkdtemp(join(tmpdir(), "agent-machines-"));
  const s3 = await startS3Server();
  const trainer = await installScriptedTrainer(join(folder, "trainer"), behaviour);
  const opened: Awaited<ReturnType<typeof openStores>>[] = [];
  const booted: SpawnedAgent[] = [];
  return {
    trainer,
    /** Of the object store. */
    faults: s3.faults,
    /** A store of its own in the same server. */
    async openStores(name: string): Promise<Stores> {
      const { endpoint, credentials, bucket } = s3;
      const stores = await openStores({
        url: `s3://${bucket}/${name}`,
        s3: { endpoint, credentials, forcePathStyle: true },
      });
      opened.push(stores);
      return stores;
    },
    /** A machine with an empty disk. */
    async boot(name: string, slots = 1): Promise<SpawnedAgent> {
      const workspace = join(folder, name);
      await mkdir(workspace);
      const { folder: scripts, python } = trainer.installed;
      const agent = await spawnAgent(AGENT, [TOKEN, workspace, scripts, python, `${slots}`], workspace);
      booted.push(agent);
      return agent;
    },
    options: (urls: readonly string[]) => ({
      urls: [...urls],
      token: TOKEN,
      trainers: ["sd-scripts" as const],
      maxJobs: null,
      pollMs: 100,
      leaseSeconds: 300,
      timeoutSeconds: 3_600,
      usdPerHour: 0,
    }),
    async close() {
      for (const agent of booted) await agent.kill();
      for (const stores of opened) await stores.close();
      await s3.stop();
      await rm(folder, { recursive: true, force: true });
    },
  };
}

export const agentRecipe: Recipe = {
  ...neutralRecipe,
  family: "sdxl",
  baseModel: "stabilityai/stable-diffusion-xl-base-1.0",
  ...{ rank: 4, alpha: 4, learningRate: 1e-4, optimiser: "adamw8bit", scheduler: "constant", mixedPrecision: "bf16" },
  ...{ steps: 100, batchSize: 2, resolution: 512, saveEverySteps: 20, textEncoderLearningRate: 0, seed: 1 },
};
