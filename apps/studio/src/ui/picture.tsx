import { useState } from "react";
import { classNames } from "../lib/class-names.ts";
import { NoPicture } from "./no-picture.tsx";

interface PictureProps {
  /**
   * Signed, and good for a while: an `<img>` sends no key. As the API gives it: with artifacts, images, generations; null
   * where there is no picture of it.
   */
  readonly url: string | null;
  readonly alt: string;
  readonly mediaType?: string | undefined;
  readonly large?: boolean;
  /** The URL does not work any more: fetch what it came from again. */
  readonly onExpired?: (() => void) | undefined;
}

/** Up to here enlarging blurs more than it shows. */
const SMALL_PIXELS = 160;

/** A picture or clip behind a signed URL, loaded when it comes near the window. */
export function Picture({ url, alt, mediaType = "image/png", large = false, onExpired }: PictureProps) {
  const [failed, setFailed] = useState(false);
  /** Of the picture itself, in pixels; 0 until it is known. */
  const [width, setWidth] = useState(0);
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
  if (url === null) return <NoPicture large={large}>{alt}</NoPicture>;
  if (failed)
    return (
      <NoPicture large={large} title={`${alt} cannot be shown: its link may have expired`}>
        {alt} cannot be shown
      </NoPicture>
    );
  const isSharp = width > 0 && width <= SMALL_PIXELS;
  return (
    <div className={classNames("picture", large && "picture-large", isSharp && "picture-sharp")}>
      {mediaType.startsWith("video/") ? (
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
          onLoad={(event) => setWidth(event.currentTarget.naturalWidth)}
          onError={fail}
        />
      )}
    </div>
  );
}
