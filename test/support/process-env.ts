/** What every process of the tests gets of this environment; what else it sees is what its test says. */
export function processEnv(): Record<string, string | undefined> {
  const { PATH, HOME, NODE_COMPILE_CACHE } = process.env;
  return { PATH, HOME, NODE_COMPILE_CACHE };
}
