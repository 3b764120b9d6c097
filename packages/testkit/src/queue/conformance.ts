import { afterAll, beforeAll, describe } from "vitest";
import { bootChecks } from "./conformance/boot.ts";
import { crashChecks } from "./conformance/crash.ts";
import { deliveryChecks } from "./conformance/delivery.ts";
import { drainChecks } from "./conformance/drain.ts";
import { outageChecks } from "./conformance/outage.ts";
import { outcomeChecks } from "./conformance/outcome.ts";
import { stopChecks } from "./conformance/stop.ts";
import type { Trial } from "./conformance/trial.ts";
import type { QueueUnderTest, ServerUnderTest } from "./queue-under-test.ts";

/** What every queue backend must do, whatever it is made of. */
export function queueConformance(options: {
  readonly backend: string;
  /** Null skips the suite, after having said why. */
  readonly startServer: () => Promise<ServerUnderTest | null>;
  readonly open: (server: ServerUnderTest) => Promise<QueueUnderTest>;
}): void {
  describe(`queue on ${options.backend}`, () => {
    let server: ServerUnderTest | null = null;
    beforeAll(async () => {
      server = await options.startServer();
    });
    afterAll(async () => {
      await server?.stop();
    });
    const trial: Trial = {
      backend: options.backend,
      server: () => server,
      open: () => {
        if (server === null) throw new Error("no server");
        return options.open(server);
      },
    };
    bootChecks(trial);
    deliveryChecks(trial);
    outcomeChecks(trial);
    stopChecks(trial);
    drainChecks(trial);
    crashChecks(trial);
    outageChecks(trial);
  });
}
