import { type GenerationBackend, type InputOf, PermanentError } from "@loramill/contracts";

/** The backend that the run was planned for, at the version that decides its results. */
export async function findBackend(
  { params }: InputOf<"generate-images">,
  backends: readonly GenerationBackend[],
): Promise<GenerationBackend> {
  const { backend: name, backendVersion } = params;
  const backend = backends.find((candidate) => candidate.name === name);
  if (backend === undefined) {
    const known = backends.map((candidate) => candidate.name).join(", ");
    throw new PermanentError(
      `This generator does not have the backend ${name} (it has ${known}): configure it here, or plan again`,
      {
        code: "backend-missing",
      },
    );
  }
  const version = await backend.version();
  if (version !== backendVersion) {
    throw new PermanentError(
      `The run was planned for ${name} ${backendVersion} and this generator has ${version}: submit the run again`,
      {
        code: "backend-changed",
        details: { planned: backendVersion, found: version },
      },
    );
  }
  return backend;
}
