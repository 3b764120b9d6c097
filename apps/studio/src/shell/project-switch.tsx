import { chooseProject, useProject, useProjectNames } from "../api/project.ts";
import { type Choice, SelectField } from "../ui/field.tsx";

/** Which project's things all pages show. Not there where there is only one. */
export function ProjectSwitch() {
  const project = useProject();
  const names = useProjectNames();
  if (names.length < 2 && project === null) return null;
  const choices: Choice[] = [["", "All projects"], ...names.map((name): Choice => [name, name])];
  return (
    <SelectField
      label="Project"
      choices={choices}
      value={project ?? ""}
      onChange={(value) => chooseProject(value === "" ? null : value)}
    />
  );
}
