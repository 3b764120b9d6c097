import {
  type Digest,
  type JobName,
  type JsonObject,
  jobs,
  PermanentError,
  type PlannedStep,
  type QueueName,
} from "@loramill/contracts";

/** Payloads carry references only: a larger job input means that something should have been a document. */
export const MAX_JOB_INPUT_BYTES = 16 * 1024;

/** Output of a needed step: the digest of its document, and the parts which that document lists. */
export interface StepInput {
  readonly digest: Digest;
  readonly parts: readonly Digest[];
}

export interface ExpandedJob {
  /** Place in the step, from 0: the order in which the parts of the step's output are listed. */
  readonly ordinal: number;
  readonly name: JobName;
  readonly queue: QueueName;
  readonly input: JsonObject;
  /** This job's share of the step's expected cost, rounded up: what its release reserves. */
  readonly estimateMicroUsd: number;
}

/**
 * The jobs of a step that is ready, in order; none when it works on the parts of an empty list. Equal arguments give
 * equal jobs, so a dispatcher that crashed in the middle expands again and finds what it had.
 * Throws PermanentError `unknown-job`, `missing-input` or `job-input-too-large`: the plan should have refused.
 */
export function expandStep(step: PlannedStep, inputs: Readonly<Record<string, StepInput>>): ExpandedJob[] {
  const name = step.job as JobName;
  if (!Object.hasOwn(jobs, name)) {
    throw new PermanentError(`step ${step.name} wants the job "${step.job}", which this version does not have`, {
      code: "unknown-job",
    });
  }
  const bodies = jobInputs(step, inputs);
  const largest = bodies.at(-1);
  if (largest !== undefined) checkSize(step, largest);
  const estimateMicroUsd = Math.ceil(step.estimate.microUsd / Math.max(1, bodies.length));
  const queue = jobs[name].queue;
  return bodies.map((input, ordinal) => ({ ordinal, name, queue, input, estimateMicroUsd }));
}

function jobInputs(step: PlannedStep, inputs: Readonly<Record<string, StepInput>>): JsonObject[] {
  const { fanOut } = step;
  const told = { params: step.params, ...(step.about === undefined ? {} : { about: step.about }) };
  const partsOf = fanOut.type === "parts" ? fanOut.of : undefined;
  const whole = step.needs.filter((need) => need !== partsOf);
  const digests = Object.fromEntries(whole.map((need) => [need, inputOf(step, inputs, need).digest]));
  switch (fanOut.type) {
    case "single":
      return [{ inputs: digests, ...told }];
    case "parts": {
      const rest: JsonObject = whole.length > 0 ? { inputs: digests, ...told } : told;
      return inputOf(step, inputs, fanOut.of).parts.map((part) => ({ part, ...rest }));
    }
    case "range": {
      const { items, perJob } = fanOut;
      return Array.from({ length: Math.ceil(items / perJob) }, (_, index) => ({
        from: index * perJob,
        to: Math.min(items, (index + 1) * perJob),
        inputs: digests,
        ...told,
      }));
    }
  }
}

function inputOf(step: PlannedStep, inputs: Readonly<Record<string, StepInput>>, need: string): StepInput {
  const input = Object.hasOwn(inputs, need) ? inputs[need] : undefined;
  if (input === undefined) {
    throw new PermanentError(`step ${step.name} was expanded without the output of ${need}`, {
      code: "missing-input",
      details: { step: step.name, need },
    });
  }
  return input;
}

/** The jobs of a step differ in digests of one length and in numbers that grow: the last one is the longest. */
function checkSize(step: PlannedStep, input: JsonObject): void {
  const bytes = Buffer.byteLength(JSON.stringify(input));
  if (bytes > MAX_JOB_INPUT_BYTES) {
    throw new PermanentError(
      `a job of step ${step.name} would carry ${bytes} bytes; at most ${MAX_JOB_INPUT_BYTES} travel in a job`,
      { code: "job-input-too-large", details: { step: step.name, bytes, maxBytes: MAX_JOB_INPUT_BYTES } },
    );
  }
}
