import type { ButtonHTMLAttributes } from "react";
import { Link } from "wouter";
import { classNames } from "../lib/class-names.ts";
import { Icon, type IconName } from "./icon.tsx";

interface Look {
  readonly kind?: "default" | "primary" | "danger" | "plain" | undefined;
  readonly small?: boolean | undefined;
  readonly icon?: IconName | undefined;
}

type ButtonProps = Look & { readonly busy?: boolean } & ButtonHTMLAttributes<HTMLButtonElement>;

const look = ({ kind = "default", small, icon }: Look, hasText: boolean): string =>
  classNames(
    "button",
    kind !== "default" && `button-${kind}`,
    small && "button-small",
    icon && !hasText && "button-icon",
  );

/** `busy`: it was pressed and its work is under way. One without a text needs an `aria-label`. */
export function Button({ kind, small, icon, busy = false, className, children, ...rest }: ButtonProps) {
  const shown = busy ? "running" : icon;
  return (
    <button
      type="button"
      {...rest}
      disabled={rest.disabled || busy}
      aria-busy={busy || undefined}
      className={classNames(look({ kind, small, icon }, children !== undefined), className)}
    >
      {shown && <Icon name={shown} spin={busy} />}
      {children}
    </button>
  );
}

/** A link that looks like a button. `external`: to a file or a signed URL, and not to a page of the Studio. */
export function ButtonLink({
  href,
  external = false,
  download,
  children,
  ...rest
}: Look & {
  readonly href: string;
  readonly external?: boolean;
  readonly download?: string;
  readonly children: string;
}) {
  const content = (
    <>
      {rest.icon && <Icon name={rest.icon} />}
      {children}
    </>
  );
  const className = look(rest, true);
  if (!external)
    return (
      <Link href={href} className={className}>
        {content}
      </Link>
    );
  return (
    <a href={href} className={className} target="_blank" rel="noreferrer" {...(download ? { download } : {})}>
      {content}
    </a>
  );
}
