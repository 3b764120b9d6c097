import { appendFileSync, readdirSync, readFileSync } from "node:fs";
import { setTimeout as delay } from "node:timers/promises";
import type { TrainerBehaviour } from "./install-trainer.ts";
import { decodeLora, encodeLora, learn, newLora } from "./small-lora.ts";
import { readDialect } from "./trainer-dialects.ts";

/** As PyTorch says it. */
const OUT_OF_MEMORY = `Traceback (most recent call last):
  File "run.py", line 120, in <module>
    main()
torch.OutOfMemoryError: CUDA out of memory. Tried to allocate 2.25 GiB. GPU 0 has a total capacity of 23.65 GiB of which 1.12 GiB is free. Including non-PyTorch memory, this process has 22.52 GiB memory in use. Of the allocated memory 21.79 GiB is allocated by PyTorch, and 284.13 MiB is reserved by PyTorch but unallocated.
`;
const CRASH = `Traceback (most recent call last):
  File "train_network.py", line 1189, in <module>
    trainer.train(args)
RuntimeError: mat1 and mat2 shapes cannot be multiplied (77x2048 and 768x320)
`;

const readBehaviour = () => JSON.parse(readFileSync("behaviour.json", "utf8")) as TrainerBehaviour;
const behaviour = readBehaviour();
const training = readDialect(process.argv.slice(2), process.env);
if (behaviour.ignoresTerm) process.on("SIGTERM", () => undefined);

const found = training.findSave();
const fromStep = found?.step ?? 0;
const loras = training.networks.map((_, i) => {
  const saved = found?.weights[i];
  return saved === undefined ? newLora(training.rank) : decodeLora(readFileSync(saved), training.rank);
});
const encoded = () => loras.map((lora) => encodeLora(lora, training.alpha));
const images = readdirSync(training.images).filter((name) => !name.endsWith(".txt"));
if (images.length === 0) throw new Error(`no pictures in ${training.images}`);

const self = `${process.pid}-${Date.now()}`;
const note = (kind: "start" | "step" | "save", step: number) =>
  appendFileSync("deeds.txt", `${self} ${kind} ${step} ${Date.now()} ${training.images}\n`);
note("start", fromStep);
for (const line of training.begin(fromStep)) process.stdout.write(`${line}\n`);
const began = Date.now();
for (let step = fromStep + 1; step <= training.steps; step += 1) {
  await delay(behaviour.stepMs ?? 2);
  // Experts take turns, and learn different things.
  const turn = Math.floor((step - 1) / training.stepsPerTurn) % loras.length;
  for (const lora of loras.slice(turn, turn + 1)) learn(lora, step, training.seed + turn);
  note("step", step);
  process.stderr.write(`${training.bar(step, fromStep, lossAt(step), (Date.now() - began) / 1_000)}\r`);
  if (step % training.saveEvery === 0) {
    process.stdout.write(`\nSaving at step ${step}\n`);
    training.save(step, fromStep, encoded());
    note("save", step);
  }
  training.draw?.(step, fromStep);
  if (step === behaviour.crashAtStep) fail(CRASH);
  if (step === behaviour.outOfMemoryAtStep && training.batch > (behaviour.fitsBatch ?? 0)) fail(OUT_OF_MEMORY);
  if (step === behaviour.hangAtStep) await delay(3_600_000);
  while (step - fromStep === readBehaviour().waitsAfterSteps) await delay(10);
}
training.finish(encoded());
for (const line of training.end()) process.stdout.write(`${line}\n`);

/** Falls with the steps, with a little that looks like noise; the same for every run. */
function lossAt(step: number): number {
  const { nanAtStep, stableRate = 0 } = behaviour;
  if (nanAtStep !== undefined && step >= nanAtStep && training.rate > stableRate) return Number.NaN;
  return 1 / (1 + step / 10) + (Math.sin(step) + 1) / 100;
}

function fail(text: string): never {
  process.stderr.write(`\n${text}`);
  process.exit(1);
}
