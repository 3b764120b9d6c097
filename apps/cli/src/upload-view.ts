import type { UploadFile, UploadProgress } from "@loramill/sdk";
import { formatBar, formatBytes } from "./format.ts";

export interface UploadView {
  /** Files were read and hashed. */
  reading(done: number, total: number): void;
  sending(progress: UploadProgress): void;
  /** All of it is there. */
  end(files: readonly UploadFile[]): void;
  /** Takes away what is half said; safe to call at any time. */
  clear(): void;
}

const FRAME_MS = 100;

/** One line that moves on a terminal; elsewhere a line per tenth that was sent, and one at the end. */
export function createUploadView(output: NodeJS.WriteStream, name: string): UploadView {
  let drawnAt = 0;
  let saidTenth = 0;
  let sent: UploadProgress | null = null;
  const clear = () => {
    if (output.isTTY && drawnAt > 0) output.write("\r\x1b[0K");
    drawnAt = 0;
  };
  const draw = (line: string) => {
    const now = performance.now();
    if (!output.isTTY || now - drawnAt < FRAME_MS) return;
    output.write(`\r\x1b[0K${line.slice(0, Math.max(40, output.columns || 80) - 1)}`);
    drawnAt = now;
  };
  return {
    reading: (done, total) => draw(`reading ${name}  ${done}/${total} files`),
    sending(progress) {
      sent = progress;
      const { sentFiles, files, sentBytes, bytes } = progress;
      const share = bytes > 0 ? sentBytes / bytes : 1;
      const counts = `${sentFiles}/${files} files · ${formatBytes(sentBytes)} of ${formatBytes(bytes)}`;
      draw(`sending ${name}  ${formatBar(share, 24)} ${counts}`);
      const tenth = Math.floor(share * 10);
      if (output.isTTY || tenth <= saidTenth || tenth >= 10) return;
      saidTenth = tenth;
      output.write(`sending ${name}: ${counts}\n`);
    },
    end(files) {
      clear();
      const known = files.length - (sent?.files ?? 0);
      const what = `${formatBytes(sent?.sentBytes ?? 0)} in ${sent?.sentFiles ?? 0} of ${files.length} files`;
      output.write(`sent ${name}: ${what}${known > 0 ? `, the rest was there already` : ""}\n`);
    },
    clear,
  };
}
