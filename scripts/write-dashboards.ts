/** Writes infra/grafana/dashboards from their description in scripts/deployment/dashboards.ts. */
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { dashboards } from "./deployment/dashboards.ts";
import { renderDashboard } from "./deployment/render-dashboard.ts";

const folder = join(import.meta.dirname, "../infra/grafana/dashboards");
for (const dashboard of dashboards) writeFileSync(join(folder, `${dashboard.uid}.json`), renderDashboard(dashboard));
