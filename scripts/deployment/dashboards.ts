import type { Dashboard } from "./render-dashboard.ts";

const RATE = "$__rate_interval";

/** What the dashboards show; `node scripts/write-dashboards.ts` makes Grafana's JSON of it. */
export const dashboards: readonly Dashboard[] = [
  {
    uid: "loramill-throughput",
    title: "Loramill: throughput",
    panels: [
      {
        title: "Turns that succeeded",
        unit: "ops",
        stacked: true,
        queries: { "{{job}}": `sum by (job) (rate(loramill_turns_total{outcome="succeeded"}[${RATE}]))` },
      },
      {
        title: "Turns by outcome",
        unit: "ops",
        stacked: true,
        queries: { "{{outcome}}": `sum by (outcome) (rate(loramill_turns_total[${RATE}]))` },
      },
      {
        title: "How long turns take, p95",
        unit: "s",
        queries: {
          "{{job}}": `histogram_quantile(0.95, sum by (job, le) (rate(loramill_turn_duration_seconds_bucket[${RATE}])))`,
        },
      },
      {
        title: "Moves of runs",
        unit: "short",
        queries: { "{{type}}": "sum by (type) (increase(loramill_run_events_total[1h]))" },
      },
    ],
  },
  {
    uid: "loramill-queues",
    title: "Loramill: queues",
    panels: [
      {
        title: "Longest wait",
        unit: "s",
        queries: { "{{queue}}": "max by (queue) (loramill_oldest_wait_seconds)" },
      },
      {
        title: "From due to begun, p95",
        unit: "s",
        queries: {
          "{{queue}}": `histogram_quantile(0.95, sum by (queue, le) (rate(loramill_queue_wait_seconds_bucket[${RATE}])))`,
        },
      },
      {
        title: "Work that waits, is due or at work",
        unit: "short",
        stacked: true,
        queries: { "{{queue}}": 'sum by (queue) (loramill_backlog_jobs{state=~"waiting|released|due|active"})' },
      },
      {
        title: "Jobs by state",
        unit: "short",
        queries: { "{{queue}} {{state}}": "sum by (queue, state) (loramill_backlog_jobs)" },
      },
    ],
  },
  {
    uid: "loramill-cost",
    title: "Loramill: cost",
    panels: [
      {
        title: "US dollars an hour",
        unit: "currencyUSD",
        stacked: true,
        queries: { "{{job}}": "sum by (job) (rate(loramill_cost_usd_total[1h])) * 3600" },
      },
      {
        title: "US dollars in the last day",
        unit: "currencyUSD",
        queries: { "{{job}}": "sum by (job) (increase(loramill_cost_usd_total[1d]))" },
      },
      {
        title: "GPUs at work",
        unit: "short",
        queries: { "{{supplier}}": `sum by (supplier) (rate(loramill_gpu_seconds_total[${RATE}]))` },
      },
      {
        title: "Runs that ended for want of budget, in an hour",
        unit: "short",
        queries: { exhausted: 'sum(increase(loramill_run_events_total{type="run.exhaust"}[1h]))' },
      },
    ],
  },
  {
    uid: "loramill-processes",
    title: "Loramill: processes",
    panels: [
      {
        title: "Processes that answer",
        unit: "short",
        queries: { answering: 'sum(up{job="loramill"})', silent: 'count(up{job="loramill"} == 0)' },
      },
      {
        title: "Turns at work",
        unit: "short",
        stacked: true,
        queries: { "{{queue}}": "sum by (queue) (loramill_active_turns)" },
      },
      {
        title: "Workers lost by open jobs",
        unit: "short",
        queries: { "{{queue}}": "sum by (queue) (loramill_lost_workers)" },
      },
      {
        title: "Dispatchers: who leads, and how long since it worked",
        unit: "s",
        queries: {
          "{{instance}} leads": "loramill_dispatcher_leads",
          "{{instance}} silent": "loramill_dispatcher_silence_seconds",
        },
      },
      { title: "Memory", unit: "bytes", queries: { "{{instance}}": "process_resident_memory_bytes" } },
      {
        title: "Event loop, p99 of its delay",
        unit: "s",
        queries: { "{{instance}}": "nodejs_eventloop_lag_p99_seconds" },
      },
    ],
  },
  {
    uid: "loramill-fleet",
    title: "Loramill: fleet",
    panels: [
      {
        title: "Rented machines",
        unit: "short",
        stacked: true,
        queries: { "{{provider}} {{state}}": "sum by (provider, state) (loramill_fleet_machines)" },
      },
      {
        title: "US dollars an hour for machines",
        unit: "currencyUSD",
        stacked: true,
        queries: { "{{provider}}": "sum by (provider) (loramill_fleet_spend_micro_usd_per_hour) / 1e6" },
      },
      {
        title: "Used of each ceiling",
        unit: "percentunit",
        queries: {
          "{{scope}} by the {{period}}":
            "max by (scope, period) (loramill_fleet_spent_micro_usd) / on (scope, period) max by (scope, period) (loramill_fleet_ceiling_micro_usd)",
        },
      },
      {
        title: "GPU hours of work that wants a machine",
        unit: "short",
        queries: {
          "{{vram_gib}} GiB": "sum by (vram_gib) (loramill_fleet_demand_gpu_seconds) / 3600",
          stopped: "max(loramill_fleet_stopped)",
        },
      },
      {
        title: "Machines that came to grief, in an hour",
        unit: "short",
        queries: {
          "{{provider}} taken back": "sum by (provider) (increase(loramill_fleet_preemptions_total[1h]))",
          "{{provider}} did not boot": "sum by (provider) (increase(loramill_fleet_boot_failures_total[1h]))",
          "{{provider}} orphans": "sum by (provider) (increase(loramill_fleet_orphans_total[1h]))",
        },
      },
      {
        title: "Billed over charged, less 1",
        unit: "percentunit",
        signed: true,
        queries: {
          "{{provider}}":
            "max by (provider) (loramill_fleet_billing_gap_ratio > 0) or min by (provider) (loramill_fleet_billing_gap_ratio)",
        },
      },
      {
        title: "Billed over quoted in a day, less 1",
        unit: "percentunit",
        signed: true,
        queries: {
          runs: "sum(increase(loramill_quoted_billed_micro_usd_total[1d])) / sum(increase(loramill_quoted_micro_usd_total[1d])) - 1",
        },
      },
      {
        title: "Quoted runs by what they came to, in a day",
        unit: "short",
        stacked: true,
        queries: { "{{verdict}}": "sum by (verdict) (increase(loramill_quotes_total[1d]))" },
      },
    ],
  },
  {
    uid: "loramill-backends",
    title: "Loramill: backends",
    panels: [
      {
        title: "Share of turns that fail",
        unit: "percentunit",
        queries: {
          "{{queue}}": `sum by (queue) (rate(loramill_turns_total{outcome=~"failed|quarantined"}[${RATE}])) / sum by (queue) (rate(loramill_turns_total{outcome!="parked"}[${RATE}]))`,
        },
      },
      {
        title: "Errors by code, in 15 minutes",
        unit: "short",
        queries: { "{{queue}} {{code}}": "sum by (queue, code) (increase(loramill_turn_errors_total[15m]))" },
      },
      {
        title: "Errors by who must act, in 15 minutes",
        unit: "short",
        stacked: true,
        queries: { "{{class}}": "sum by (class) (increase(loramill_turn_errors_total[15m]))" },
      },
      {
        title: "CPU seconds of jobs per second",
        unit: "short",
        queries: { "{{supplier}}": `sum by (supplier) (rate(loramill_cpu_seconds_total[${RATE}]))` },
      },
    ],
  },
];
