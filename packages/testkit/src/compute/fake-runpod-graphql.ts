import { z } from "zod";

/** What the spot lane asks for, as strictly as the vendor's input type. */
export const SpotInput = z.strictObject({
  name: z.string().min(1),
  imageName: z.string().min(1),
  gpuTypeId: z.string().min(1),
  gpuCount: z.number().int().min(1),
  cloudType: z.enum(["ALL", "SECURE", "COMMUNITY"]),
  containerDiskInGb: z.number().int().min(1),
  ports: z.string().regex(/^\d+\/(http|tcp)(,\d+\/(http|tcp))*$/),
  env: z.array(z.strictObject({ key: z.string(), value: z.string() })),
  bidPerGpu: z.number().positive(),
  dockerArgs: z.string().optional(),
  containerRegistryAuthId: z.string().optional(),
  dataCenterId: z.string().optional(),
  networkVolumeId: z.string().optional(),
  volumeMountPath: z.string().optional(),
});
export type SpotInput = z.output<typeof SpotInput>;

export const GraphQlRequest = z.strictObject({ query: z.string(), variables: z.record(z.string(), z.unknown()) });

interface SpotMarket {
  gpuTypes(secure: boolean): readonly object[];
  /** The id of the new pod. */
  rent(input: SpotInput): string;
}

/** Errors come with status 200, as everywhere in GraphQL. */
export function answerGraphQl(request: unknown, market: SpotMarket): object {
  const { query, variables } = GraphQlRequest.parse(request);
  if (query.includes("gpuTypes")) return { data: { gpuTypes: market.gpuTypes(variables.secure === true) } };
  if (!query.includes("podRentInterruptable")) return { errors: [{ message: "GraphQL introspection is not allowed" }] };
  const input = SpotInput.safeParse(variables.input);
  if (!input.success) {
    const message = `Variable "$input" got invalid value: ${input.error.issues[0]?.message}`;
    return { errors: [{ message }], data: { podRentInterruptable: null } };
  }
  const id = market.rent(input.data);
  const { imageName } = input.data;
  return {
    data: { podRentInterruptable: { id, imageName, env: [], machineId: "mach1", machine: { podHostId: `${id}-1` } } },
  };
}
