import { join } from "node:path";
import { pathToFileURL } from "node:url";
import { type ConfigRow, describeConfig, type Fragments, processConfig, servicesConfig } from "@loramill/runtime";
import { telemetryConfig } from "@loramill/telemetry";
import { SERVICE_APPS } from "./service-apps.ts";

type ServiceApp = (typeof SERVICE_APPS)[number];

/** What each app says that it reads: `captionerWorkerConfig` of the captioner, `apiProcessConfig` of the API. */
const configs = new Map(await Promise.all(SERVICE_APPS.map(async (app) => [app, await configOf(app)] as const)));

async function configOf(app: ServiceApp): Promise<Fragments> {
  const path = join(import.meta.dirname, "../../apps", app, "src/config.ts");
  const found = (await import(pathToFileURL(path).href)) as Readonly<Record<string, Fragments | undefined>>;
  const config = found[`${app}WorkerConfig`] ?? found[`${app}ProcessConfig`];
  if (config === undefined) throw new Error(`${path} exports no ${app}WorkerConfig or ${app}ProcessConfig`);
  return config;
}

/** Every variable that an app reads as a process of its own: the parts that it is parsed from, nothing written down twice. */
export function variablesOf(app: ServiceApp): ConfigRow[] {
  const shared = { ...servicesConfig, telemetry: telemetryConfig, process: processConfig };
  return describeConfig({ ...shared, ...configs.get(app) });
}

/** Those of them that hold secrets, sorted. */
export function secretsOf(app: ServiceApp): string[] {
  return variablesOf(app)
    .filter(({ secret }) => secret)
    .map(({ variable }) => variable)
    .sort();
}
