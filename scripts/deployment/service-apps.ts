/** The apps that run as services of a deployment, each in a process of its own, from one image. */
export const SERVICE_APPS = [
  "api",
  "captioner",
  "curator",
  "dispatcher",
  "evaluator",
  "generator",
  "provisioner",
  "trainer",
] as const;
