import { type ReactNode, useEffect, useId, useRef } from "react";
import { Button } from "./button.tsx";

/** A dialog over the page: the browser keeps the focus in it, Escape closes it, and the focus goes back to where it was. */
export function Dialog({
  title,
  wide = false,
  footer,
  onClose,
  children,
}: {
  readonly title: string;
  readonly wide?: boolean;
  readonly footer?: ReactNode;
  readonly onClose: () => void;
  readonly children: ReactNode;
}) {
  const id = useId();
  const ref = useRef<HTMLDialogElement>(null);
  const opener = useRef<Element | null>(null);
  useEffect(() => {
    const dialog = ref.current;
    if (dialog && !dialog.open) {
      opener.current = document.activeElement;
      dialog.showModal();
    }
    return () => {
      // The browser does so only where the dialog is closed before it is taken away.
      if (opener.current instanceof HTMLElement) opener.current.focus();
    };
  }, []);
  return (
    <dialog
      ref={ref}
      className={wide ? "dialog dialog-wide" : "dialog"}
      aria-labelledby={id}
      onClose={onClose}
      onClick={(event) => {
        if (event.target === ref.current) ref.current?.close();
      }}
      // Escape is the browser's: it closes the dialog.
      onKeyDown={() => {}}
    >
      <div className="dialog-head">
        <h2 id={id}>{title}</h2>
        <Button kind="plain" icon="close" aria-label="Close" onClick={() => ref.current?.close()} />
      </div>
      <div className="dialog-body">{children}</div>
      {footer && <div className="dialog-foot">{footer}</div>}
    </dialog>
  );
}
