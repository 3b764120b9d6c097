import { expect, test } from "vitest";
import { parseLock } from "./lock.ts";

const full = "4711\n/data/database/cluster\n1770000000\n5432\n/data/socket\n\n  17032384         7\nready   \n";

test("a full lock names the process, its socket, its shared memory and its status", () => {
  expect(parseLock(full)).toEqual({
    pid: 4711,
    cluster: "/data/database/cluster",
    port: 5432,
    socketFolder: "/data/socket",
    sharedMemory: 7,
    status: "ready",
  });
});

test("a lock that is still being written has no status yet", () => {
  expect(parseLock(full.split("\n").slice(0, 5).join("\n"))).toMatchObject({
    pid: 4711,
    status: "",
    sharedMemory: undefined,
  });
});

test.each(["", "\n", "nobody\n", "-3\n"])("%j is no lock", (text) => {
  expect(parseLock(text)).toBeUndefined();
});
