import { createContext, type ReactNode, useCallback, useContext, useState } from "react";
import { Button } from "./button.tsx";
import { Dialog } from "./dialog.tsx";

interface Question {
  readonly title: string;
  readonly body: ReactNode;
  /** What the button that goes on says, such as Cancel run. */
  readonly action: string;
  readonly danger?: boolean;
}

type Ask = (question: Question) => Promise<boolean>;

const ConfirmContext = createContext<Ask | null>(null);

export function ConfirmProvider({ children }: { readonly children: ReactNode }) {
  const [open, setOpen] = useState<(Question & { answer(yes: boolean): void }) | null>(null);
  const ask = useCallback<Ask>((question) => new Promise((answer) => setOpen({ ...question, answer })), []);
  const close = (yes: boolean) => {
    open?.answer(yes);
    setOpen(null);
  };
  return (
    <ConfirmContext value={ask}>
      {children}
      {open && (
        <Dialog
          title={open.title}
          onClose={() => close(false)}
          footer={
            <>
              <Button onClick={() => close(false)}>Not now</Button>
              <Button kind={open.danger ? "danger" : "primary"} onClick={() => close(true)}>
                {open.action}
              </Button>
            </>
          }
        >
          {open.body}
        </Dialog>
      )}
    </ConfirmContext>
  );
}

/** Asks before something that costs or cannot be undone: `if (await confirm({ … })) …`. */
export function useConfirm(): Ask {
  const ask = useContext(ConfirmContext);
  if (ask === null) throw new Error("useConfirm is for components below ConfirmProvider");
  return ask;
}
