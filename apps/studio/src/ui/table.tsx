import type { ReactNode } from "react";
import type { Pages } from "../api/use-pages.ts";
import { classNames } from "../lib/class-names.ts";
import { Paged } from "./paged.tsx";

export interface Column<Row> {
  /** Empty for a column that speaks for itself, as buttons do. */
  readonly name: string;
  readonly cell: (row: Row) => ReactNode;
  /** Amounts stand at the end of their column. */
  readonly end?: boolean;
  /** What the row is known by, and links to. */
  readonly main?: boolean;
  /** Sentences: a narrow window scrolls rather than to break them word by word. */
  readonly wide?: boolean;
}

interface TableProps<Row> {
  /** For those who do not see it. */
  readonly label: string;
  readonly columns: readonly Column<Row>[];
  readonly rows: readonly Row[];
  readonly rowKey: (row: Row) => string;
}

export function Table<Row>({ label, columns, rows, rowKey }: TableProps<Row>) {
  const className = ({ end, main, wide }: Column<Row>) =>
    classNames(end && "end", main && "main-cell", wide && "wide") || undefined;
  return (
    <div className="table-frame">
      <table className="table" aria-label={label}>
        <thead>
          <tr>
            {columns.map((column) =>
              column.name === "" ? (
                <td key="" />
              ) : (
                <th key={column.name} scope="col" className={className(column)}>
                  {column.name}
                </th>
              ),
            )}
          </tr>
        </thead>
        <tbody>
          {rows.map((row) => (
            <tr key={rowKey(row)}>
              {columns.map((column) =>
                column.main ? (
                  <th key={column.name} scope="row" className={className(column)}>
                    {column.cell(row)}
                  </th>
                ) : (
                  <td key={column.name} className={className(column)}>
                    {column.cell(row)}
                  </td>
                ),
              )}
            </tr>
          ))}
        </tbody>
      </table>
    </div>
  );
}

/** A table of what comes page by page. */
export function PagedTable<Row>({
  pages,
  empty,
  ...table
}: Omit<TableProps<Row>, "rows"> & { readonly pages: Pages<Row>; readonly empty: ReactNode }) {
  return (
    <Paged pages={pages} empty={empty}>
      {(rows) => <Table {...table} rows={rows} />}
    </Paged>
  );
}
