import type { ReactNode } from "react";
import { type Choice, SelectField, TextArea, TextField } from "../../ui/field.tsx";
import { generationBackends } from "../generate/backends.ts";
import styles from "../generate/generate-page.module.css";
import { LoraRows } from "../generate/lora-rows.tsx";
import { InputFileField } from "./input-file-field.tsx";
import { isDrawnKind, type VideoForm, type VideoKind } from "./video-form.ts";

const KINDS: readonly Choice[] = [
  ["text-to-video", "A clip from words"],
  ["image-to-video", "A clip from its first or last frame"],
  ["restyle-clip", "A clip drawn anew"],
  ["interpolate", "More frames between the frames"],
  ["smooth-clip", "Less flicker"],
];

interface Fields {
  readonly form: VideoForm;
  readonly onChange: (form: VideoForm) => void;
}

/** All that is asked of a clip; the kind decides which of it is shown. */
export function VideoFields({ form, onKind, onChange }: Fields & { readonly onKind: (kind: VideoKind) => void }) {
  const set = (part: Partial<VideoForm>) => onChange({ ...form, ...part });
  const { kind } = form;
  const takesClip = kind === "restyle-clip" || !isDrawnKind(kind);
  return (
    <>
      <SelectField label="What is made" choices={KINDS} value={kind} onChange={(next) => onKind(next as VideoKind)} />
      {takesClip && (
        <InputFileField label="Clip" accept="video/*,image/webp" value={form.clip} onChange={(clip) => set({ clip })} />
      )}
      {kind === "image-to-video" && (
        <>
          <InputFileField
            label="First frame"
            accept="image/*"
            value={form.first}
            onChange={(first) => set({ first })}
          />
          <InputFileField label="Last frame" accept="image/*" value={form.last} onChange={(last) => set({ last })} />
        </>
      )}
      {isDrawnKind(kind) && <Drawn form={form} onChange={onChange} />}
      {kind === "interpolate" && <Interpolated form={form} onChange={onChange} />}
      {kind === "smooth-clip" && <Smoothed form={form} onChange={onChange} />}
      <Row>
        <SelectField
          label="Format"
          choices={[
            ["mp4", "MP4"],
            ["webm", "WebM"],
            ["webp", "WebP"],
          ]}
          value={form.format}
          onChange={(format) => set({ format })}
        />
        <SelectField
          label="Backend"
          choices={generationBackends}
          value={form.backend}
          onChange={(backend) => set({ backend })}
        />
      </Row>
    </>
  );
}

const Row = ({ children }: { readonly children: ReactNode }) => <div className={styles.pair}>{children}</div>;

type Typed = { [K in keyof VideoForm]: VideoForm[K] extends string ? K : never }[keyof VideoForm];

/** A number of the form, which may be left to what is usual. */
function NumberField({
  form,
  onChange,
  name,
  label,
  hint,
}: Fields & { readonly name: Typed; readonly label: string; readonly hint?: string }) {
  return (
    <TextField
      label={label}
      inputMode="decimal"
      placeholder="as usual"
      hint={hint}
      value={form[name]}
      onChange={(value) => onChange({ ...form, [name]: value })}
    />
  );
}

function Drawn(fields: Fields) {
  const { form, onChange } = fields;
  const isAnew = form.kind === "restyle-clip";
  return (
    <>
      <TextArea
        label="Prompt"
        rows={3}
        value={form.prompt}
        placeholder={isAnew ? "in ink, a walk in the park" : "a dancer in the rain"}
        onChange={(prompt) => onChange({ ...form, prompt })}
      />
      <TextField
        label="Negative prompt"
        value={form.negativePrompt}
        onChange={(negativePrompt) => onChange({ ...form, negativePrompt })}
      />
      <LoraRows rows={form.loras} onChange={(loras) => onChange({ ...form, loras })} />
      <Row>
        <NumberField {...fields} name="seed" label="Seed" />
        <NumberField {...fields} name="steps" label="Steps" />
        <NumberField {...fields} name="guidance" label="Guidance" />
        {isAnew ? (
          <>
            <NumberField {...fields} name="denoise" label="Denoise" hint="0 keeps it, 1 draws it anew" />
            <NumberField {...fields} name="chunkFrames" label="Frames kept together" />
          </>
        ) : (
          <>
            <NumberField {...fields} name="frames" label="Frames" />
            <NumberField {...fields} name="fps" label="Frames per second" />
          </>
        )}
        <NumberField {...fields} name="width" label="Width" />
        <NumberField {...fields} name="height" label="Height" />
      </Row>
    </>
  );
}

function Interpolated(fields: Fields) {
  const { form, onChange } = fields;
  return (
    <Row>
      <SelectField
        label="Method"
        choices={[
          ["motion", "Motion estimation (ffmpeg)"],
          ["rife", "RIFE (ComfyUI)"],
          ["film", "FILM (ComfyUI)"],
          ["amt", "AMT (ComfyUI)"],
        ]}
        value={form.method}
        onChange={(method) => onChange({ ...form, method })}
      />
      <NumberField {...fields} name="multiplier" label="Frames for every frame" />
      <NumberField {...fields} name="fps" label="Frames per second" hint="else as long as it was" />
    </Row>
  );
}

function Smoothed(fields: Fields) {
  const { form, onChange } = fields;
  return (
    <Row>
      <NumberField {...fields} name="smoothing" label="Strength" hint="0 leaves the clip" />
      <NumberField {...fields} name="windowFrames" label="Frames together" hint="3 to 15, odd" />
      <SelectField
        label="Brightness"
        choices={[
          ["yes", "Evened out"],
          ["no", "Left as it is"],
        ]}
        value={form.deflicker ? "yes" : "no"}
        onChange={(value) => onChange({ ...form, deflicker: value === "yes" })}
      />
    </Row>
  );
}
