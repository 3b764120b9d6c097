import { useEffect } from "react";
import { store, useStored } from "../lib/use-stored.ts";
import { Button } from "../ui/button.tsx";

const KEY = "loramill-theme";

/** Light or dark: as the system has it until the switch is used, and then as it was set. */
export function ThemeSwitch() {
  const chosen = useStored(localStorage, KEY);
  useEffect(() => {
    if (chosen === null) delete document.documentElement.dataset.theme;
    else document.documentElement.dataset.theme = chosen;
  }, [chosen]);
  const isDark = chosen === null ? matchMedia("(prefers-color-scheme: dark)").matches : chosen === "dark";
  const other = isDark ? "light" : "dark";
  return (
    <Button
      kind="plain"
      small
      icon={isDark ? "sun" : "moon"}
      aria-label={`Switch to ${other}`}
      onClick={() => store(localStorage, KEY, other)}
    />
  );
}
