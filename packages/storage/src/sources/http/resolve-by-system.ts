import { lookup } from "node:dns/promises";
import type { Resolve } from "@loramill/url-guard";

/** Asks the resolver of this machine, hosts file and all. */
export const resolveBySystem: Resolve = (hostname) => lookup(hostname, { all: true, verbatim: true });
