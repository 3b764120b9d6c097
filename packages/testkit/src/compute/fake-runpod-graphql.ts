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
  /** With a price for each place, under its alias; null is anywhere. */
  gpuTypes(secure: boolean, places: ReadonlyMap<string, string | null>): readonly object[];
  /** The id of the new pod. */
  rent(input: SpotInput): string;
}

/** What the vendor refuses beyond its schema. */
export class GraphQlRefusal extends Error {}

/** Errors come with status 200, as everywhere in GraphQL. */
export function answerGraphQl(request: unknown, market: SpotMarket): object {
  const { query, variables } = GraphQlRequest.parse(request);
  if (query.includes("gpuTypes")) {
    return { data: { gpuTypes: market.gpuTypes(variables.secure === true, placesIn(query, variables)) } };
  }
  if (!query.includes("podRentInterruptable")) return { errors: [{ message: "GraphQL introspection is not allowed" }] };
  const input = SpotInput.safeParse(variables.input);
  if (!input.success) {
    const message = `Variable "$input" got invalid value: ${input.error.issues[0]?.message}`;
    return { errors: [{ message }], data: { podRentInterruptable: null } };
  }
  let id: string;
  try {
    id = market.rent(input.data);
  } catch (error) {
    if (!(error instanceof GraphQlRefusal)) throw error;
    const refusal = { message: error.message, extensions: { code: "BAD_USER_INPUT" } };
    return { errors: [refusal], data: { podRentInterruptable: null } };
  }
  const { imageName } = input.data;
  return {
    data: { podRentInterruptable: { id, imageName, env: [], machineId: "mach1", machine: { podHostId: `${id}-1` } } },
  };
}

/** Aliases of a query's prices, and the data centre that each is asked of. */
function placesIn(query: string, variables: Readonly<Record<string, unknown>>): Map<string, string | null> {
  const prices = query.matchAll(/(\w+): lowestPrice\(input: \{([^}]*)\}/g);
  return new Map(
    [...prices].map(([, alias = "", input = ""]) => {
      const name = /dataCenterId: \$(\w+)/.exec(input)?.[1];
      return [alias, name === undefined ? null : z.string().parse(variables[name])];
    }),
  );
}
