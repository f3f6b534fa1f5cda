// node copy.mjs FOLDER TABLE
// Loads FOLDER/TABLE.parquet into DuckDB and times COPY of it to FOLDER/TABLE.duckdb.parquet on one thread; prints a line of JSON.
import { statSync } from 'node:fs'
import { createRequire } from 'node:module'

const require = createRequire(new URL('../../tests/Trace.Export.Tests/readers/package.json', import.meta.url))
const { DuckDBInstance } = require('@duckdb/node-api')
const [folder, table] = process.argv.slice(2)
const to = `${folder}/${table}.duckdb.parquet`
const copy = `COPY t TO '${to}' (FORMAT parquet, COMPRESSION zstd, COMPRESSION_LEVEL 1, ROW_GROUP_SIZE 1048576, PARQUET_VERSION v2)`
const connection = await (await DuckDBInstance.create(':memory:')).connect()
await connection.run('SET threads = 1')
await connection.run(`CREATE TABLE t AS SELECT * FROM '${folder}/${table}.parquet'`)
const rows = Number((await connection.runAndReadAll('SELECT count(*) FROM t')).getRows()[0][0])
await connection.run(copy)
const cpu = process.cpuUsage()
const start = performance.now()
await connection.run(copy)
const seconds = (performance.now() - start) / 1000
const { user, system } = process.cpuUsage(cpu)
console.log(JSON.stringify({ writer: 'duckdb', table, rows, seconds, cpu: (user + system) / 1e6, bytes: statSync(to).size }))
