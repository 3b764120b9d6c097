import { Icon } from "../../ui/icon.tsx";
import { Picture } from "../../ui/picture.tsx";

/** A small picture, or the sign of one where there is none to be shown. */
export function Thumbnail({
  url,
  alt,
  onExpired,
}: {
  readonly url: string | null;
  readonly alt: string;
  readonly onExpired: () => void;
}) {
  if (url !== null) return <Picture url={url} alt={alt} onExpired={onExpired} />;
  return (
    <div className="picture">
      <Icon name="picture" />
    </div>
  );
}
