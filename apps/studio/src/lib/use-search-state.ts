import { useSearchParams } from "wouter";

/** A part of the address, such as the open tab: links keep it, and going back undoes a change. Empty: not in the address. */
export function useSearchState(name: string, fallback = ""): [string, (value: string) => void] {
  const [search, setSearch] = useSearchParams();
  const set = (value: string) =>
    setSearch((before) => {
      const after = new URLSearchParams(before);
      if (value === "" || value === fallback) after.delete(name);
      else after.set(name, value);
      return after;
    });
  return [search.get(name) ?? fallback, set];
}
