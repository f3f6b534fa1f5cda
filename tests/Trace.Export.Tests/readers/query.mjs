// node query.mjs SQL
// Runs one query in DuckDB and prints its rows as a JSON array of objects; wide integers are texts.
import { DuckDBInstance } from '@duckdb/node-api'

const connection = await (await DuckDBInstance.create(':memory:')).connect()
const result = await connection.runAndReadAll(process.argv[2])
process.stdout.write(JSON.stringify(result.getRowObjectsJson()))
