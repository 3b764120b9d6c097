import { startTestServer } from "@loramill/catalog/testing";
import { openQueueConnection } from "@loramill/queue";
import { startRedis } from "@loramill/testkit";
import { oursOn } from "./ours.ts";
import { rawOn } from "./raw.ts";
const server = await startTestServer();
const redis = await startRedis();
const [which = "redis", jobsText = "4000", c = "64", roundsText = "3", names = "raw,ours"] = process.argv.slice(2);
const catalog = await server.open();
const stats: Record<string, {n: number; ms: number; rows: number}> = {};
const note = (k: string, ms: number, rows = 1) => { const s = (stats[k] ??= {n:0, ms:0, rows: 0}); s.n++; s.ms += ms; s.rows += rows; };
const pgm = (await import(import.meta.resolve("pg"))).default;
const q = pgm.Client.prototype.query;
pgm.Client.prototype.query = function (this: any, cfg: any, ...rest: any[]) {
  const t = performance.now(); const r = q.call(this, cfg, ...rest);
  const name = typeof cfg === "object" ? cfg.name ?? String(cfg.text).slice(0, 30) : String(cfg).replace(/\s+/g, " ").slice(0, 40);
  r?.then?.((x: any) => note(name, performance.now() - t, x?.rows?.length ?? 0), () => {});
  return r;
};
const connection = await openQueueConnection({ url: which === "redis" ? redis!.url : catalog.url, prefix: "bench" });
const side = { connection, catalog, jobs: Number(jobsText), concurrency: Number(c) };
const sides: any = { ours: oursOn(side), raw: rawOn(side) };
for (let r = 0; r < Number(roundsText); r++) for (const name of names.split(",")) {
  await sides[name].prepare!(r);
  for (const k of Object.keys(stats)) delete stats[k];
  const cpu = process.cpuUsage(); const t = performance.now(); const elu = performance.eventLoopUtilization();
  const n = await sides[name].run(r);
  const d = process.cpuUsage(cpu); const e = performance.eventLoopUtilization(elu);
  const s = (performance.now() - t) / 1000;
  console.log(name.padEnd(5), `${Math.round(n / s)}/s`, `cpu/job ${((d.user + d.system) / n).toFixed(0)} us`, `elu ${e.utilization.toFixed(2)}`, `wall ${s.toFixed(2)}`);
  for (const [k, v] of Object.entries(stats)) console.log("    ", k, v.n, "calls", (v.ms / v.n).toFixed(1), "ms each", (v.rows / v.n).toFixed(1), "rows");
}
await sides.ours.close(); await sides.raw.close(); await connection.close(); await redis?.stop(); await server.stop();
