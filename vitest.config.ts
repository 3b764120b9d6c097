import { availableParallelism } from "node:os";
import { resolve } from "node:path";
import { defineConfig } from "vitest/config";
import { BaseSequencer, type TestSpecification } from "vitest/node";

const roots = "{packages,apps,bench,scripts}/**";
const ignored = ["**/node_modules/**"];

/** Processes that tests start find here what others compiled before them: a mill is up in half the time. */
const env = { NODE_COMPILE_CACHE: resolve(import.meta.dirname, "node_modules/.cache/compile") };

/** As long as anything that is waited for may take on a busy machine: vitest's own second is none. */
const expectOptions = { poll: { timeout: 60_000 } };

/** Minutes by themselves. Where no run before told how long they take, small files would come last, and a core idle beside them. */
const long = [
  "bench/fleet/",
  "/crashes.int.test.ts",
  "/crashes-on-agent.int.test.ts",
  "/e2e/commands.test.ts",
  "/e2e/dataset.test.ts",
  "/e2e/fleet.test.ts",
  "/e2e/main-job.test.ts",
  "/e2e/planted-folder.test.ts",
  "/chaos/kill-mill.test.ts",
];

class LongFirst extends BaseSequencer {
  override async sort(files: TestSpecification[]): Promise<TestSpecification[]> {
    const isLong = ({ moduleId }: TestSpecification) => long.some((part) => moduleId.includes(part));
    const { true: first = [], false: rest = [] } = Object.groupBy(await super.sort(files), (file) => `${isLong(file)}`);
    return [...first, ...rest];
  }
}

/**
 * One project per tier; `npm test` runs unit, int, e2e and chaos in this order, `npm run test:soak` the long ones, and
 * `npm run test:live` those that want a server of somebody's own. None is
 * tried again when it fails: a flake is a bug, of the test or of the product.
 */
export default defineConfig({
  test: {
    sequence: { sequencer: LongFirst },
    projects: [
      {
        test: {
          name: "unit",
          expect: expectOptions,
          include: [`${roots}/*.test.ts`],
          exclude: [...ignored, "**/*.int.test.ts", "**/*.soak.test.ts"],
          testTimeout: 30_000,
          // Reading the code anew for each of 450 files took longer than all their tests. What files share, here and below, is no
          // state of modules.
          isolate: false,
          // Of two cores vitest would leave one to itself, which hardly needs it.
          maxWorkers: Math.max(2, availableParallelism() - 1),
        },
      },
      {
        test: {
          name: "int",
          expect: expectOptions,
          env,
          include: [`${roots}/*.int.test.ts`],
          exclude: ignored,
          retry: 0,
          testTimeout: 120_000,
          hookTimeout: 120_000,
          isolate: false,
          // Waits more than it computes.
          maxWorkers: 4,
        },
      },
      {
        test: {
          name: "e2e",
          expect: expectOptions,
          env,
          include: ["test/e2e/**/*.test.ts"],
          exclude: ignored,
          retry: 0,
          testTimeout: 600_000,
          hookTimeout: 600_000,
          isolate: false,
          // One of them waits more than it computes.
          maxWorkers: 3,
        },
      },
      {
        test: {
          name: "chaos",
          expect: expectOptions,
          env,
          include: ["test/chaos/**/*.test.ts"],
          exclude: [...ignored, "**/*.soak.test.ts"],
          retry: 0,
          testTimeout: 600_000,
          hookTimeout: 600_000,
          // How soon a process takes over from one that died is part of what is shown: no more than the cores bear.
          maxWorkers: 2,
        },
      },
      {
        test: {
          name: "soak",
          expect: expectOptions,
          env,
          include: ["test/**/*.soak.test.ts", `${roots}/*.soak.test.ts`],
          exclude: ignored,
          testTimeout: 3_600_000,
          hookTimeout: 600_000,
          fileParallelism: false,
        },
      },
      {
        test: {
          name: "live",
          expect: expectOptions,
          env,
          include: ["test/live/**/*.live.test.ts"],
          exclude: ignored,
          retry: 0,
          testTimeout: 3_600_000,
          hookTimeout: 600_000,
          fileParallelism: false,
        },
      },
    ],
  },
});
