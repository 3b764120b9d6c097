import { createInterface } from "node:readline";
import { lockWorkspace } from "../src/workspace-lock.ts";

/** Takes each workspace that a line of the input names, keeps it until it is ended, and says how that went: `held` or why not. */
for await (const workspace of createInterface({ input: process.stdin })) {
  const said = await lockWorkspace(workspace).then(
    () => "held",
    (error: Error) => error.message,
  );
  console.log(said);
}
