import react from "@vitejs/plugin-react";
import { defineConfig, loadEnv } from "vite";

export default defineConfig(({ mode }) => {
  const { LORAMILL_URL = "http://127.0.0.1:7860" } = loadEnv(mode, import.meta.dirname, "LORAMILL_");
  return {
    root: import.meta.dirname,
    plugins: [react()],
    build: {
      target: "es2023",
      // The content policy of the API allows no inline script, and pictures as files may be cached for ever.
      modulePreload: { polyfill: false },
      assetsInlineLimit: 0,
      reportCompressedSize: false,
      rolldownOptions: { checks: { pluginTimings: false } },
    },
    server: { proxy: { "/v1": { target: LORAMILL_URL, ws: true } } },
  };
});
