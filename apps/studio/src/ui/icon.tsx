/** Line drawings on a grid of 16. */
const PATHS = {
  runs: "M2 4h12M2 8h12M2 12h7",
  dataset: "M2 3h12v10H2zM2 11l3.5-3.5L8 10l3-3.5L14 10M5 6h.01",
  training: "M2 13 6 8l3 2.5L14 3M10.5 3H14v3.5",
  lora: "M8 2 14 5.2 8 8.4 2 5.2zM2 8l6 3.2L14 8M2 10.8 8 14l6-3.2",
  generate: "M8 2v3M8 11v3M2 8h3M11 8h3M4 4l1.8 1.8M10.2 10.2 12 12M12 4l-1.8 1.8M5.8 10.2 4 12",
  video: "M2 4h8v8H2zM10 7l4-2.5v7L10 9",
  fleet: "M2 3h12v4H2zM2 9h12v4H2zM4.5 5h.01M4.5 11h.01",
  queues: "M2 4h3v8H2zM6.5 4h3v8h-3zM11 4h3v8h-3z",
  costs: "M8 2v12M11 4.5C11 3.4 9.7 3 8 3S5 3.6 5 5.2C5 8.4 11 7 11 10.6 11 12.4 9.7 13 8 13s-3-.6-3-2",
  schedule: "M8 2a6 6 0 1 0 0 12A6 6 0 0 0 8 2zM8 4.8V8l2.4 1.6",
  health: "M1.5 8.5H5L6.5 4l3 8 1.6-3.5h3.4",
  batch: "M2 5h9v9H2zM5 5V2h9v9h-3",
  star: "M8 2l1.8 3.8 4.2.6-3 2.9.7 4.2L8 11.5l-3.7 2 .7-4.2-3-2.9 4.2-.6z",
  webhook: "M5 11a3 3 0 1 1 1-5.8M11 5a3 3 0 1 1-1 5.8M6 8h4",
  settings: "M3 5h6M13 5h0M3 11h0M7 11h6M9 5a2 2 0 1 0 4 0 2 2 0 1 0-4 0M3 11a2 2 0 1 0 4 0 2 2 0 1 0-4 0",
  plus: "M8 3v10M3 8h10",
  close: "M4 4l8 8M12 4l-8 8",
  check: "M3 8.5 6.5 12 13 4.5",
  cross: "M4.5 4.5l7 7M11.5 4.5l-7 7",
  warning: "M8 2.5 14.5 13.5h-13zM8 6.5V10M8 12h.01",
  info: "M8 2a6 6 0 1 0 0 12A6 6 0 0 0 8 2zM8 7.5V11M8 5h.01",
  clock: "M8 2.5a5.5 5.5 0 1 0 0 11 5.5 5.5 0 0 0 0-11zM8 5v3l2 1.5",
  reuse: "M3 8a5 5 0 0 1 9-3l1 1M13 2.5V6H9.5M13 8a5 5 0 0 1-9 3l-1-1M3 13.5V10h3.5",
  running: "M8 2.5A5.5 5.5 0 1 1 2.5 8",
  blocked: "M3 8h10",
  stop: "M4.5 4.5h7v7h-7z",
  play: "M5 3.5v9l7-4.5z",
  pause: "M5.5 4v8M10.5 4v8",
  download: "M8 2.5V10M4.5 7 8 10.5 11.5 7M3 13.5h10",
  upload: "M8 10.5V3M4.5 6.5 8 3l3.5 3.5M3 13.5h10",
  copy: "M5.5 5.5h8v8h-8zM10.5 5.5v-3h-8v8h3",
  search: "M7 2.5a4.5 4.5 0 1 0 0 9 4.5 4.5 0 0 0 0-9zM10.5 10.5l3 3",
  edit: "M10.5 3 13 5.5 5.5 13H3v-2.5z",
  trash: "M3 4.5h10M6 4.5V3h4v1.5M4.5 4.5l.6 8.5h5.8l.6-8.5",
  left: "M10 3.5 5.5 8 10 12.5",
  right: "M6 3.5 10.5 8 6 12.5",
  down: "M3.5 6 8 10.5 12.5 6",
  menu: "M2.5 4.5h11M2.5 8h11M2.5 11.5h11",
  sun: "M8 5a3 3 0 1 0 0 6 3 3 0 0 0 0-6zM8 1.5v1M8 13.5v1M1.5 8h1M13.5 8h1M3.4 3.4l.7.7M11.9 11.9l.7.7M12.6 3.4l-.7.7M4.1 11.9l-.7.7",
  moon: "M13 9.5A5.5 5.5 0 1 1 6.5 3 4.5 4.5 0 0 0 13 9.5z",
  key: "M10 2.5a3.5 3.5 0 1 0 0 7 3.5 3.5 0 0 0 0-7zM7.5 8.5 2.5 13.5M4.5 11.5l1.5 1.5M10.5 5.5h.01",
  picture: "M2.5 3h11v10h-11zM2.5 11 6 7.5l2.5 2.5L11 7.5l2.5 2.5",
  link: "M6.5 9.5l3-3M7 4.5 8.5 3a3 3 0 0 1 4.5 4.5L11.5 9M9 11.5 7.5 13A3 3 0 0 1 3 8.5L4.5 7",
} as const;

export type IconName = keyof typeof PATHS;

/** Decoration: what it says stands beside it, or is the label of the button it is in. */
export function Icon({ name, spin = false }: { readonly name: IconName; readonly spin?: boolean }) {
  return (
    <svg className={spin ? "icon spin" : "icon"} viewBox="0 0 16 16" aria-hidden="true">
      <path
        d={PATHS[name]}
        fill="none"
        stroke="currentColor"
        strokeWidth="1.4"
        strokeLinecap="round"
        strokeLinejoin="round"
      />
    </svg>
  );
}
