import { type ReactNode, useEffect } from "react";
import { Link } from "wouter";
import { ProblemNotice } from "./problem-notice.tsx";
import { SkeletonLines } from "./skeleton.tsx";

interface Head {
  readonly title: string;
  /** The list that this page is a part of. */
  readonly crumb?: { readonly href: string; readonly label: string };
}

/** The frame of every page: its title (of the tab too), what can be done, and its content. */
export function Page({
  title,
  crumb,
  badge,
  about,
  actions,
  children,
}: Head & {
  readonly badge?: ReactNode;
  readonly about?: ReactNode;
  readonly actions?: ReactNode;
  readonly children: ReactNode;
}) {
  useEffect(() => {
    document.title = `${title} · Loramill`;
  }, [title]);
  return (
    <main className="page" id="content" tabIndex={-1}>
      <header className="page-head">
        <div className="stack-tight">
          {crumb && (
            <Link href={crumb.href} className="crumb">
              {crumb.label}
            </Link>
          )}
          <div className="row">
            <h1>{title}</h1>
            {badge}
          </div>
          {about && <div className="about">{about}</div>}
        </div>
        {actions && <div className="row">{actions}</div>}
      </header>
      {children}
    </main>
  );
}

/** A page as long as what it is about is on its way; with an error, as it could not be had. */
export function PendingPage({ error, ...head }: Head & { readonly error: unknown }) {
  return <Page {...head}>{error ? <ProblemNotice error={error} /> : <SkeletonLines lines={10} />}</Page>;
}
