import { expect, it, vi } from "vitest";
import { runSystemProgram } from "./system-program.ts";

it("skips a program that is not installed, and fails where it is required", () => {
  const missing = () => runSystemProgram("no-such-program", ["--version"], ".");
  const said = vi.spyOn(console, "warn").mockImplementation(() => {});
  expect(missing()).toBeNull();
  expect(said).toHaveBeenCalledOnce();
  vi.stubEnv("LORAMILL_TEST_REQUIRE", "kubectl no-such-program");
  expect(missing).toThrow("no-such-program is not on the PATH");
  vi.unstubAllEnvs();
});
