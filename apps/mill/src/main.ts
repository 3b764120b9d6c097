#!/usr/bin/env node
import { runMill } from "./run-mill.ts";

await runMill({ env: process.env });
