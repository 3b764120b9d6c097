type Unit = "short" | "s" | "currencyUSD" | "percentunit" | "bytes" | "ops";

interface Panel {
  readonly title: string;
  /** PromQL, by the legend of its series. */
  readonly queries: Readonly<Record<string, string>>;
  readonly unit: Unit;
  readonly stacked?: boolean;
}

interface Dashboard {
  readonly uid: string;
  readonly title: string;
  readonly panels: readonly Panel[];
}

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
    uid: "loramill-fleet",
    title: "Loramill: fleet",
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

const HEIGHT = 8;
const WIDTH = 12;
const datasource = { type: "prometheus", uid: "prometheus" };

/** The file that Grafana provisions: panels in two columns, in the order of the description. */
export function renderDashboard({ uid, title, panels }: Dashboard): string {
  const rendered = panels.map((panel, index) => ({
    id: index + 1,
    type: "timeseries",
    title: panel.title,
    datasource,
    gridPos: { h: HEIGHT, w: WIDTH, x: (index % 2) * WIDTH, y: Math.floor(index / 2) * HEIGHT },
    fieldConfig: {
      defaults: {
        unit: panel.unit,
        min: 0,
        custom: { fillOpacity: 10, stacking: { mode: panel.stacked ? "normal" : "none" } },
      },
      overrides: [],
    },
    targets: Object.entries(panel.queries).map(([legendFormat, expr], query) => ({
      refId: String.fromCharCode("A".charCodeAt(0) + query),
      datasource,
      expr,
      legendFormat,
    })),
  }));
  const page = { uid, title, tags: ["loramill"], timezone: "browser", refresh: "30s", schemaVersion: 39 };
  return `${JSON.stringify({ ...page, time: { from: "now-6h", to: "now" }, panels: rendered }, null, 2)}\n`;
}
