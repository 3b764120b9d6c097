import { Charge, type Digest, digestOf, JobId, type JsonObject, type MemoStore, UserError } from "@loramill/contracts";
import { z } from "zod";

export interface PaidAnswer {
  readonly text: string;
  readonly prompt?: string;
  /** Also of an answer that an earlier turn of the same job paid for: that turn may have been lost with its charges. */
  readonly charges: readonly Charge[];
  /** Whether it was known from before: then nothing was asked. */
  readonly remembered: boolean;
}

/** The turn that asks. */
export interface AskingTurn {
  readonly job: JobId;
  readonly epoch: number;
}

const Remembered = z.object({
  text: z.string(),
  prompt: z.string().optional(),
  paid: z.object({ job: JobId, charges: z.array(Charge) }).optional(),
});

/** Refusals cost as much as answers; within a job they are final, another job may ask again. */
const Refused = z.object({ job: JobId, code: z.string(), message: z.string() });

export interface PaidQuestion {
  readonly memos: MemoStore;
  readonly kind: string;
  /** Of everything that decides the answer. */
  readonly key: Digest;
  readonly turn: AskingTurn;
  /** What the charges are for, beside the key. */
  readonly path: string;
  /** Keys that are being asked in this process. */
  readonly pending: Map<string, Promise<void>>;
  readonly ask: () => Promise<{ text: string; prompt?: string; charges: readonly Charge[] }>;
}

/** An answer that is paid for once: looked up, waited for when another asks the same, else asked and remembered. */
export async function rememberPaid(question: PaidQuestion): Promise<PaidAnswer> {
  const { memos, kind, key, turn, path, pending } = question;
  for (;;) {
    const memo = Remembered.safeParse(await memos.find(kind, key)).data;
    if (memo !== undefined) {
      const { text, prompt, paid } = memo;
      const charges = paid?.job === turn.job ? paid.charges : [];
      return { text, charges, remembered: true, ...(prompt === undefined ? {} : { prompt }) };
    }
    const asked = pending.get(key);
    if (asked === undefined) break;
    await asked;
  }
  const answering = askAndKeep();
  // Whoever waits looks for the memo again, whatever became of this.
  const settled = answering.then(
    () => undefined,
    () => undefined,
  );
  pending.set(key, settled);
  try {
    return await answering;
  } finally {
    pending.delete(key);
  }

  async function askAndKeep(): Promise<PaidAnswer> {
    const refused = Refused.safeParse(await memos.find(`${kind}-refusal`, key)).data;
    if (refused?.job === turn.job) throw new UserError(refused.message, { code: refused.code });
    const { text, prompt, charges } = await question.ask().catch(keepRefusal);
    const marked = charges.map((charge, ordinal) => ({
      ...charge,
      mark: digestOf({ ...turn, key, path, ordinal } satisfies JsonObject),
    }));
    const said = { text, ...(prompt === undefined ? {} : { prompt: prompt.slice(0, 4096) }) };
    await memos.put(kind, key, { ...said, paid: { job: turn.job, charges: marked } });
    return { ...said, charges: marked, remembered: false };
  }

  async function keepRefusal(error: unknown): Promise<never> {
    if (error instanceof UserError && error.code === "caption-refused") {
      const { code, message } = error;
      await memos.put(`${kind}-refusal`, key, { job: turn.job, code, message: message.slice(0, 1000) });
    }
    throw error;
  }
}
