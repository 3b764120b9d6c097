type Unit = "short" | "s" | "currencyUSD" | "percentunit" | "bytes" | "ops";

interface Panel {
  readonly title: string;
  /** PromQL, by the legend of its series. */
  readonly queries: Readonly<Record<string, string>>;
  readonly unit: Unit;
  readonly stacked?: boolean;
  /** Whether values below zero are shown. */
  readonly signed?: boolean;
}

export interface Dashboard {
  readonly uid: string;
  readonly title: string;
  readonly panels: readonly Panel[];
}

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
        ...(panel.signed === true ? {} : { min: 0 }),
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
