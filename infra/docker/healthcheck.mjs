/** Asks this container's process whether it lives; exits 0 when it does. For HEALTHCHECK and compose. */
const { AGENT_PORT, AGENT_WORKSPACE, API_PORT, METRICS_PORT } = process.env;
const agent = AGENT_WORKSPACE === undefined ? undefined : `${AGENT_PORT ?? 8690}/healthz`;
const worker = METRICS_PORT === undefined ? undefined : `${METRICS_PORT}/livez`;
const api = API_PORT === undefined ? undefined : `${API_PORT}/livez`;
const place = agent ?? api ?? worker;
if (place === undefined) throw new Error("neither AGENT_WORKSPACE nor API_PORT nor METRICS_PORT is set");
const answer = await fetch(`http://127.0.0.1:${place}`, { signal: AbortSignal.timeout(4_000) }).catch(() => null);
process.exitCode = answer?.ok ? 0 : 1;
