import { type CrashPoint, createCrashPoint } from "@loramill/testkit";
import { describe, expect, it } from "vitest";
import { openCacheTrial } from "../../test/cache-trial.ts";

/** Beats of the heart are steps too, and a busy machine has more of them: those after so many steps are let be. */
const MOST_STEPS = 150;

/** Steps of a machine that fetches a file in the place of another, and does not die. */
async function stepsOfALife(): Promise<number> {
  const trial = await openCacheTrial();
  const crash = createCrashPoint();
  await takeFile(trial, crash);
  await trial.close();
  return crash.steps;
}

/** There is room for one file, and it is taken by one that nobody uses. */
async function takeFile(trial: Awaited<ReturnType<typeof openCacheTrial>>, crash: CrashPoint): Promise<void> {
  const [old, file] = [trial.file("old.safetensors", 1), trial.file("new.safetensors", 2)];
  const first = await trial.startMachine("first");
  await (await first.take(old)).release();
  await first.cache.close();
  trial.server.breaksAfter = [2_000];
  await trial.time.until(
    (async () => {
      const dying = await trial.startMachine("one", { crash, maxBytes: 6_000 });
      await (await dying.take(file)).release();
    })(),
  );
}

describe("a machine that dies at any step", () => {
  // To die after a step, or before the one that follows, leaves the same: each state is met by both.
  it.each([
    { when: "before", who: "itself", owner: "one" },
    { when: "after", who: "another machine", owner: "two" },
  ] as const)(
    "leaves nothing that keeps $who from having the file",
    async ({ when, owner }) => {
      let deaths = 0;
      const steps = Math.min(await stepsOfALife(), MOST_STEPS);
      for (let n = 1; n <= steps; n += 1) {
        const trial = await openCacheTrial();
        const crash = createCrashPoint();
        crash.arm({ n, when });
        const died = await takeFile(trial, crash).then(
          () => false,
          (error: unknown) => {
            if (!crash.hasCrashed) throw error;
            return true;
          },
        );
        const file = trial.file("new.safetensors", 2);
        // What has a name is whole at any time.
        await trial.wholeFiles();
        const next = await trial.startMachine(owner, { maxBytes: 6_000, startsAt: 1e7 });
        await next.cache.forgetPast();
        const { release } = await trial.time.until(next.take(file));
        const whole = await trial.wholeFiles();
        expect(whole).toContain(file.sha256);
        await release();
        // What another machine had stays until it has been silent for long, and is in nobody's way.
        const foreign = owner === "one" ? /\.new$/ : /^use-one$|^lock-|\.new$/;
        const marks = (await trial.stateOf(file)).filter((name) => !foreign.test(name));
        expect(marks).toEqual(["verified.json"]);
        await trial.time.until(next.cache.close());
        await trial.close();
        if (!died) break;
        deaths += 1;
      }
      expect(deaths).toBeGreaterThan(25);
    },
    600_000,
  );
});
