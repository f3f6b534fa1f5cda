// Runs one SQL statement in DuckDB and prints the rows as a table.  node samples/query/query.mjs 'SELECT ...'
import { DuckDBInstance } from '@duckdb/node-api';

const sql = process.argv[2];
if (!sql) {
    console.error("usage: query.mjs 'SELECT ...'");
    process.exit(1);
}
const instance = await DuckDBInstance.create(':memory:');
const connection = await instance.connect();
const reader = await connection.runAndReadAll(sql);
const names = reader.columnNames();
const rows = reader.getRows().map(row => row.map(value => String(value)));
const widths = names.map((name, i) => Math.max(name.length, ...rows.map(row => row[i].length)));
const line = cells => cells.map((cell, i) => cell.padEnd(widths[i])).join('  ').trimEnd();
console.log(line(names));
console.log(line(widths.map(width => '-'.repeat(width))));
for (const row of rows) {
    console.log(line(row));
}
