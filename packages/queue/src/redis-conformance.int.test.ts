import { queueConformance, type ServerUnderTest, startRedis } from "@loramill/testkit";
import { openTrialQueue } from "../test/open-trial-queue.ts";

queueConformance({ backend: "redis", startServer, open: openTrialQueue });

async function startServer(): Promise<ServerUnderTest | null> {
  const redis = await startRedis();
  if (redis === null) return null;
  const { url, kill, restart, freeze, thaw, flush, stop } = redis;
  return { url, faults: redis.owned ? { kill, restart, freeze, thaw, flush } : null, stop };
}
