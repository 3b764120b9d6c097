import { LoraDocument } from "@loramill/contracts";
import { useQuery } from "@tanstack/react-query";
import { useClient } from "../../api/client.tsx";
import type { Point } from "../../ui/line-chart.tsx";
import type { Artifacts } from "./use-artifacts.ts";

/** The whole curve, which a finished LoRA holds; null until then. */
export function useKeptCurve({ items }: Artifacts, step: string): readonly Point[] | null {
  const client = useClient();
  const document = items.find((item) => item.kind === "lora" && item.step === step)?.digest;
  const { data } = useQuery({
    queryKey: ["lora-document", document],
    queryFn: async ({ signal }) => LoraDocument.parse(await client.getDocument("lora", document ?? "", signal)),
    enabled: document !== undefined,
    staleTime: Number.POSITIVE_INFINITY,
  });
  if (data === undefined || data.curve.length < 2) return null;
  return data.curve.map(({ step: x, loss: y }) => ({ x, y }));
}
