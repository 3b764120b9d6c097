const EXTENSION = /\.(?:zip|tar|tgz|tar\.gz)$/i;

/** Whether a file is called like an archive that is unpacked; what it really is, its first bytes tell when it is read. */
export function isArchiveName(path: string): boolean {
  return EXTENSION.test(path);
}

/** `pictures` for `pictures.tar.gz`: what the folder of its files is called. */
export function withoutArchiveExtension(path: string): string {
  return path.replace(EXTENSION, "");
}
