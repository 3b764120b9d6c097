/** Names of what is typed as any text. */
type TextName<Form> = { [Name in keyof Form]: string extends Form[Name] ? Name : never }[keyof Form];

/** What a field of a form is given: the text that it holds, and how that is changed. */
export function fieldsOf<Form>(form: Form, change: (part: Partial<Form>) => void) {
  return (name: TextName<Form>) => ({
    value: form[name] as string,
    onChange: (value: string) => change({ [name]: value } as Partial<Form>),
  });
}
