import { CopyButton } from "./copy-button.tsx";
import styles from "./digest-text.module.css";

/** More of it tells no two apart. */
const SHOWN_CHARACTERS = 16;

/** A hash: its beginning, the whole of it where the pointer rests, and a button that copies it. */
export function DigestText({ digest }: { readonly digest: string }) {
  const shown = digest.length > SHOWN_CHARACTERS ? `${digest.slice(0, SHOWN_CHARACTERS)}…` : digest;
  return (
    <span className={styles.digest}>
      <code title={digest}>{shown}</code>
      <CopyButton text={digest} />
    </span>
  );
}
