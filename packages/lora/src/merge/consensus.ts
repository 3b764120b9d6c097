/** How TIES finds the sign that wins at an element: by the sum of the values, or by counting signs. */
export type Election = "total" | "frequency";

/**
 * Whose arithmetic. `peft`: signs are elected without the weights, and the weighted sum of the values that agree is divided
 * by how many there are. `mergekit`: signs are elected on weighted values, and the sum is divided by the weights of those
 * that agree. `sum`: as `mergekit`, and not divided.
 */
export type ConsensusRule = "peft" | "mergekit" | "sum";

/**
 * The disjoint merge of TIES (arXiv 2306.01708) over tensors that were made sparse before: at each element only the values
 * whose sign is the elected one count. A sum of zero elects plus; zeros never agree.
 */
export function mergeByConsensus(
  tensors: readonly Float64Array[],
  weights: readonly number[],
  options: { readonly rule: ConsensusRule; readonly election?: Election },
): Float64Array {
  const { rule, election = "total" } = options;
  const result = new Float64Array(tensors[0]?.length ?? 0);
  const values = new Float64Array(tensors.length);
  for (let i = 0; i < result.length; i += 1) {
    let poll = 0;
    for (let t = 0; t < tensors.length; t += 1) {
      const plain = tensors[t]?.[i] as number;
      const weighted = plain * (weights[t] as number);
      const voted = rule === "peft" ? plain : weighted;
      // What agrees is judged by the same value that was polled, and added with its weight.
      values[t] = voted;
      poll += election === "frequency" ? Math.sign(voted) : voted;
    }
    const elected = poll >= 0 ? 1 : -1;
    let [sum, count, weight] = [0, 0, 0];
    for (let t = 0; t < tensors.length; t += 1) {
      if (Math.sign(values[t] as number) !== elected) continue;
      sum += (tensors[t]?.[i] as number) * (weights[t] as number);
      count += 1;
      weight += weights[t] as number;
    }
    const divisor = rule === "peft" ? Math.max(count, 1) : rule === "mergekit" ? weight : 1;
    result[i] = sum / (Math.abs(divisor) < 1e-8 ? 1 : divisor);
  }
  return result;
}

/** Weighted sum of tensors of one length. */
export function weightedSum(tensors: readonly Float64Array[], weights: readonly number[]): Float64Array {
  const sum = new Float64Array(tensors[0]?.length ?? 0);
  tensors.forEach((tensor, t) => {
    const weight = weights[t] as number;
    for (let i = 0; i < sum.length; i += 1) sum[i] = (sum[i] as number) + weight * (tensor[i] as number);
  });
  return sum;
}
