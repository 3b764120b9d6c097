import { catalogConfig } from "@loramill/catalog";
import { queueConfig } from "@loramill/queue";
import { sourceConfig, storageConfig } from "@loramill/storage";
import { dataConfig } from "../config/data-config.ts";
import { inner } from "../config/fragments.ts";

/** What every process reads that opens the catalog, the object store and the queue. */
export const servicesConfig = {
  data: dataConfig,
  catalog: inner(catalogConfig, "catalog"),
  queue: queueConfig,
  storage: inner(storageConfig, "storage"),
  sources: inner(sourceConfig, "sources"),
} as const;
