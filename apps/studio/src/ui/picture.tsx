import { useState } from "react";
import { classNames } from "../lib/class-names.ts";
import { Icon } from "./icon.tsx";

interface PictureProps {
  /** Signed, and good for a while: an `<img>` sends no key. As the API gives it: with artifacts, images, generations. */
  readonly url: string;
  readonly alt: string;
  readonly mediaType?: string | undefined;
  readonly large?: boolean;
  /** Pictures smaller than this on a side are shown pixel by pixel. */
  readonly width?: number | undefined;
  /** The URL does not work any more: fetch what it came from again. */
  readonly onExpired?: (() => void) | undefined;
}

/** Up to here enlarging blurs more than it shows. */
const SMALL_PIXELS = 160;

/** A picture or clip behind a signed URL, loaded when it comes near the window. */
export function Picture({ url, alt, mediaType = "image/png", large = false, width, onExpired }: PictureProps) {
  const [failed, setFailed] = useState(false);
  const [natural, setNatural] = useState(width);
  const [tried, setTried] = useState(url);
  if (tried !== url) {
    // Another URL is another try.
    setTried(url);
    setFailed(false);
  }
  const fail = () => {
    setFailed(true);
    onExpired?.();
  };
  const isSmall = natural !== undefined && natural <= SMALL_PIXELS;
  return (
    <div className={classNames("picture", large && "picture-large", isSmall && "picture-sharp")}>
      {failed ? (
        <span title={`${alt} cannot be shown: its link may have expired`}>
          <Icon name="picture" />
          <span className="visually-hidden">{alt} cannot be shown</span>
        </span>
      ) : mediaType.startsWith("video/") ? (
        <video
          src={url}
          aria-label={alt}
          controls={large}
          muted
          loop
          autoPlay={large}
          playsInline
          preload="metadata"
          onError={fail}
        >
          <track kind="captions" />
        </video>
      ) : (
        <img
          src={url}
          alt={alt}
          loading="lazy"
          decoding="async"
          onLoad={(event) => setNatural(event.currentTarget.naturalWidth)}
          onError={fail}
        />
      )}
    </div>
  );
}
