import { createCrashPoint } from "@loramill/testkit";
import { describe, expect, it } from "vitest";
import { openCacheTrial } from "../../test/cache-trial.ts";

/** More steps than any of the cases takes. */
const MOST_STEPS = 300;

describe("a machine that dies at any step", () => {
  // To die after a step, or before the one that follows, leaves the same: each state is met by both.
  it.each([
    { when: "before", who: "itself", owner: "one" },
    { when: "after", who: "another machine", owner: "two" },
  ] as const)(
    "leaves nothing that keeps $who from having the file",
    async ({ when, owner }) => {
      let deaths = 0;
      for (let n = 1; n <= MOST_STEPS; n += 1) {
        const trial = await openCacheTrial();
        // Room for one file, and it is taken by one that nobody uses.
        const [old, file] = [trial.file("old.safetensors", 1), trial.file("new.safetensors", 2)];
        const first = await trial.startMachine("first");
        await (await first.take(old)).release();
        await first.cache.close();
        trial.server.breaksAfter = [2_000];
        const crash = createCrashPoint();
        crash.arm({ n, when });
        const died = await trial.time.until(
          (async () => {
            const dying = await trial.startMachine("one", { crash, maxBytes: 6_000 });
            await (await dying.take(file)).release();
          })().then(
            () => false,
            (error: unknown) => {
              if (!crash.hasCrashed) throw error;
              return true;
            },
          ),
        );
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
      expect(deaths).toBeLessThan(MOST_STEPS);
    },
    240_000,
  );
});
