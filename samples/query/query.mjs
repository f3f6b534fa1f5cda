// Runs one SQL statement in DuckDB.
//   node samples/query/query.mjs 'SELECT ...'           prints the rows as a table
//   node samples/query/query.mjs --json 'SELECT ...'    prints them as a JSON array of objects; wide integers are texts
import { DuckDBInstance } from '@duckdb/node-api';

const words = process.argv.slice(2);
const json = words[0] === '--json';
const sql = words[json ? 1 : 0];
if (!sql) {
    console.error("usage: query.mjs [--json] 'SELECT ...'");
    process.exit(1);
}
const connection = await (await DuckDBInstance.create(':memory:')).connect();
const result = await connection.runAndReadAll(sql);
if (json) {
    console.log(JSON.stringify(result.getRowObjectsJson()));
} else {
    const names = result.columnNames();
    const rows = result.getRows().map(row => row.map(value => String(value)));
    const widths = names.map((name, i) => Math.max(name.length, ...rows.map(row => row[i].length)));
    const line = cells => cells.map((cell, i) => cell.padEnd(widths[i])).join('  ').trimEnd();
    console.log([line(names), line(widths.map(width => '-'.repeat(width))), ...rows.map(line)].join('\n'));
}
