/** Writes infra/grafana/dashboards from their description in scripts/deployment/dashboards.ts. */
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { dashboards, renderDashboard } from "./deployment/dashboards.ts";

const folder = join(import.meta.dirname, "../infra/grafana/dashboards");
for (const dashboard of dashboards) writeFileSync(join(folder, `${dashboard.uid}.json`), renderDashboard(dashboard));
