import { useState } from "react";
import { Button } from "./button.tsx";

const SAID_MS = 1_500;

/** Puts a text on the clipboard, and says so. */
export function CopyButton({ text, label = "Copy" }: { readonly text: string; readonly label?: string }) {
  const [copied, setCopied] = useState(false);
  const copy = async () => {
    await navigator.clipboard.writeText(text);
    setCopied(true);
    setTimeout(() => setCopied(false), SAID_MS);
  };
  // Browsers give pages a clipboard only over HTTPS and on this machine.
  if (!navigator.clipboard) return null;
  return (
    <Button small kind="plain" icon={copied ? "check" : "copy"} onClick={copy}>
      {copied ? "Copied" : label}
    </Button>
  );
}
