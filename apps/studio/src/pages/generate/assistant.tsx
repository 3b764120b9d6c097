import type { Recommendation } from "@loramill/contracts";
import { useMutation } from "@tanstack/react-query";
import { useState } from "react";
import { useClient } from "../../api/client.tsx";
import { useProjectFilter } from "../../api/project.ts";
import { formatPercent } from "../../lib/format.ts";
import { Button } from "../../ui/button.tsx";
import { Notice, ProblemNotice } from "../../ui/problem-notice.tsx";
import { type GenerateForm, promptsOf, type Requested, withRecommendation } from "./generate-form.ts";
import { LoraRows } from "./lora-rows.tsx";
import { ParameterFields } from "./parameter-fields.tsx";

/** Recommends LoRAs and parameters for the first prompt, and lets them be edited. */
export function Assistant({
  form,
  onChange,
}: {
  readonly form: GenerateForm;
  readonly onChange: (form: GenerateForm) => void;
}) {
  const client = useClient();
  const project = useProjectFilter();
  const [recommended, setRecommended] = useState<Recommendation | null>(null);
  const [prompt] = promptsOf(form);
  const recommend = useMutation({
    mutationFn: () =>
      client.intelligence.recommend({ ...project, prompt: prompt ?? "", negativePrompt: form.negativePrompt }),
    onSuccess: (answer) => {
      setRecommended(answer);
      onChange(withRecommendation(form, answer, answer.generate.request as Requested));
    },
    meta: { toldInPlace: true },
  });
  const explanation = recommended?.explanation;
  const isOfAnother = recommended !== null && !isFor(recommended, prompt);
  return (
    <>
      <div className="row">
        <Button
          icon="star"
          disabled={prompt === undefined}
          busy={recommend.isPending}
          onClick={() => recommend.mutate()}
        >
          {recommended === null ? "Recommend" : "Recommend again"}
        </Button>
        {isOfAnother && <span className="muted">The prompt has changed since.</span>}
      </div>
      {recommend.error && <ProblemNotice error={recommend.error} />}
      {explanation && (
        <>
          <Notice title={explanation.summary}>
            {explanation.comparison}
            {explanation.warnings.map((warning) => (
              <p key={warning}>{warning}</p>
            ))}
          </Notice>
          <LoraRows rows={form.loras} chosen={explanation.loras} onChange={(loras) => onChange({ ...form, loras })} />
          {explanation.passed.length > 0 && (
            <details>
              <summary className="muted">{explanation.passed.length} more were passed over</summary>
              <ul className="muted bullets">
                {explanation.passed.map(({ id, name, confidence, text }) => (
                  <li key={id}>
                    {name}, {formatPercent(confidence)} sure: {text}
                  </li>
                ))}
              </ul>
            </details>
          )}
          <ParameterFields form={form} chosen={explanation.parameters} onChange={onChange} />
        </>
      )}
    </>
  );
}

const isFor = ({ generate }: Recommendation, prompt: string | undefined): boolean =>
  Array.isArray(generate.prompts) && generate.prompts[0] === prompt;
