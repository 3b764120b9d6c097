import { type ReactNode, type RefObject, useEffect, useEffectEvent, useRef, useState } from "react";
import { Link, useLocation } from "wouter";
import { useConnectionLost } from "../api/connection.ts";
import { signOut, useApiKey } from "../api/session.ts";
import logo from "../icon.svg";
import { useKeys } from "../lib/use-keys.ts";
import { pages, sections } from "../pages.ts";
import { Button } from "../ui/button.tsx";
import { Icon } from "../ui/icon.tsx";
import { ProjectSwitch } from "./project-switch.tsx";
import { ThemeSwitch } from "./theme.tsx";

/** The frame of the Studio: navigation at the side (behind a button where it is narrow), and the page. */
export function Shell({ children }: { readonly children: ReactNode }) {
  const [isOpen, setOpen] = useState(false);
  const main = useNewPage(() => setOpen(false));
  useKeys({ Escape: isOpen ? () => setOpen(false) : undefined });
  return (
    <div className="shell">
      <a className="skip-link" href="#content">
        Skip to content
      </a>
      <div className="topbar">
        <Brand />
        <Button
          kind="plain"
          icon={isOpen ? "close" : "menu"}
          aria-label="Menu"
          aria-expanded={isOpen}
          aria-controls="menu"
          onClick={() => setOpen(!isOpen)}
        />
      </div>
      {isOpen && (
        <button type="button" className="scrim" aria-label="Back to the page" onClick={() => setOpen(false)} />
      )}
      <aside id="menu" className="sidebar" data-open={isOpen}>
        <Brand />
        <ProjectSwitch />
        <nav className="nav stack" aria-label="Pages">
          {sections.map((section) => (
            <Section key={section} section={section} />
          ))}
        </nav>
        <Foot />
      </aside>
      <div ref={main} className="main" tabIndex={-1}>
        <ConnectionBanner />
        {children}
      </div>
    </div>
  );
}

/** Another page begins at its top, and there the keyboard goes on; `onLeave` is told of each. */
function useNewPage(onLeave: () => void): RefObject<HTMLDivElement | null> {
  const [location] = useLocation();
  const frame = useRef<HTMLDivElement>(null);
  const shown = useRef(location);
  const leave = useEffectEvent(onLeave);
  useEffect(() => {
    if (shown.current === location) return;
    shown.current = location;
    leave();
    frame.current?.scrollTo(0, 0);
    frame.current?.focus({ preventScroll: true });
  }, [location]);
  return frame;
}

function Brand() {
  return (
    <Link href="/" className="brand">
      <img src={logo} alt="" width={22} height={22} />
      Loramill
    </Link>
  );
}

function Section({ section }: { readonly section: (typeof sections)[number] }) {
  const [location] = useLocation();
  const entries = pages.flatMap(({ path, nav }) => (nav?.section === section ? [{ path, ...nav }] : []));
  if (entries.length === 0) return null;
  return (
    <div>
      <h2>{section}</h2>
      <ul>
        {entries.map(({ path, label, icon }) => (
          <li key={path}>
            <Link href={path} aria-current={location === path || location.startsWith(`${path}/`) ? "page" : undefined}>
              <Icon name={icon} />
              {label}
            </Link>
          </li>
        ))}
      </ul>
    </div>
  );
}

function Foot() {
  const isLost = useConnectionLost();
  const apiKey = useApiKey();
  return (
    <div className="sidebar-foot">
      <div className="spread">
        <span className={`row tone-${isLost ? "red" : "green"}`} role="status">
          <span className="dot" /> {isLost ? "Not connected" : "Connected"}
        </span>
        <span className="row">
          <ThemeSwitch />
          {apiKey !== null && (
            <Button kind="plain" small icon="key" aria-label="Sign out" onClick={() => signOut(null)} />
          )}
        </span>
      </div>
    </div>
  );
}

function ConnectionBanner() {
  if (!useConnectionLost()) return null;
  return (
    <div className="banner" role="alert">
      <Icon name="warning" />
      The API does not answer. What you see is from before; the page tries again every few seconds.
    </div>
  );
}
