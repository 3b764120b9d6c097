import type { ReactNode } from "react";
import { fieldsOf } from "../../lib/fields-of.ts";
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
  const field = bound({ form, onChange });
  const { kind } = form;
  const takesClip = kind === "restyle-clip" || !isDrawnKind(kind);
  return (
    <>
      <SelectField label="What is made" choices={KINDS} value={kind} onChange={(next) => onKind(next as VideoKind)} />
      {takesClip && <InputFileField label="Clip" accept="video/*,image/webp" {...field("clip")} />}
      {kind === "image-to-video" && (
        <>
          <InputFileField label="First frame" accept="image/*" {...field("first")} />
          <InputFileField label="Last frame" accept="image/*" {...field("last")} />
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
          {...field("format")}
        />
        <SelectField label="Backend" choices={generationBackends} {...field("backend")} />
      </Row>
    </>
  );
}

const Row = ({ children }: { readonly children: ReactNode }) => <div className={styles.pair}>{children}</div>;

const bound = ({ form, onChange }: Fields) => fieldsOf(form, (part) => onChange({ ...form, ...part }));

/** A number, which may be left to what is usual. */
function NumberField(props: {
  readonly label: string;
  readonly hint?: string;
  readonly value: string;
  readonly onChange: (value: string) => void;
}) {
  return <TextField inputMode="decimal" placeholder="as usual" {...props} />;
}

function Drawn({ form, onChange }: Fields) {
  const field = bound({ form, onChange });
  const isAnew = form.kind === "restyle-clip";
  return (
    <>
      <TextArea
        label="Prompt"
        rows={3}
        placeholder={isAnew ? "in ink, a walk in the park" : "a dancer in the rain"}
        {...field("prompt")}
      />
      <TextField label="Negative prompt" {...field("negativePrompt")} />
      <LoraRows rows={form.loras} onChange={(loras) => onChange({ ...form, loras })} />
      <Row>
        <NumberField label="Seed" {...field("seed")} />
        <NumberField label="Steps" {...field("steps")} />
        <NumberField label="Guidance" {...field("guidance")} />
        {isAnew ? (
          <>
            <NumberField label="Denoise" hint="0 keeps it, 1 draws it anew" {...field("denoise")} />
            <NumberField label="Frames kept together" {...field("chunkFrames")} />
          </>
        ) : (
          <>
            <NumberField label="Frames" {...field("frames")} />
            <NumberField label="Frames per second" {...field("fps")} />
          </>
        )}
        <NumberField label="Width" {...field("width")} />
        <NumberField label="Height" {...field("height")} />
      </Row>
    </>
  );
}

function Interpolated(fields: Fields) {
  const field = bound(fields);
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
        {...field("method")}
      />
      <NumberField label="Frames for every frame" {...field("multiplier")} />
      <NumberField label="Frames per second" hint="else as long as it was" {...field("fps")} />
    </Row>
  );
}

function Smoothed({ form, onChange }: Fields) {
  const field = bound({ form, onChange });
  return (
    <Row>
      <NumberField label="Strength" hint="0 leaves the clip" {...field("smoothing")} />
      <NumberField label="Frames together" hint="3 to 15, odd" {...field("windowFrames")} />
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
