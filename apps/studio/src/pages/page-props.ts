/** What a page is given: the parts of its address, such as `run` of `/runs/:run`. */
export interface PageProps {
  readonly params: Readonly<Record<string, string>>;
}
