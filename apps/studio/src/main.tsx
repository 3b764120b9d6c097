import { StrictMode } from "react";
import { createRoot } from "react-dom/client";
import { App } from "./app.tsx";
import "./styles/index.css";

const root = document.getElementById("studio");
if (root === null) throw new Error("the page has no element #studio");
createRoot(root).render(
  <StrictMode>
    <App />
  </StrictMode>,
);
