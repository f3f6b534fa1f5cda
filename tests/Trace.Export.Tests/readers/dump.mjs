// node dump.mjs READER FILE FOLDER
// Reads a Parquet file with one of three readers and writes each column's values to FOLDER/<column number>.bin:
// numbers and booleans as 64-bit words (little-endian, extended by their sign), texts and byte strings after a 32-bit length.
import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'

const readers = { duckdb: readDuckDB, hyparquet: readHyparquet, 'parquet-wasm': readParquetWasm }
const [reader, file, folder] = process.argv.slice(2)
const columns = await readers[reader](file)
columns.forEach((values, index) => writeFileSync(join(folder, `${index}.bin`), encode(values)))

async function readDuckDB(path) {
  const { DuckDBInstance } = await import('@duckdb/node-api')
  const connection = await (await DuckDBInstance.create(':memory:')).connect()
  const result = await connection.runAndReadAll('SELECT * FROM read_parquet($path)', { path })
  const columns = result.getColumns()
  return Array.from({ length: result.columnCount }, (_, index) => (columns[index] ?? []).map(value => value?.bytes ?? value))
}

async function readHyparquet(path) {
  const { asyncBufferFromFile, parquetMetadataAsync, parquetRead, parquetSchema } = await import('hyparquet')
  const { compressors } = await import('hyparquet-compressors')
  const buffer = await asyncBufferFromFile(path)
  const metadata = await parquetMetadataAsync(buffer)
  const names = parquetSchema(metadata).children.map(child => child.element.name)
  const values = Object.fromEntries(names.map(name => [name, []]))
  const chunks = []
  await parquetRead({ file: buffer, metadata, compressors, utf8: false, onChunk: chunk => chunks.push(chunk) })
  chunks.sort((a, b) => a.rowStart - b.rowStart)
  for (const { columnName, columnData } of chunks) for (const value of columnData) values[columnName].push(value)
  return names.map(name => values[name])
}

async function readParquetWasm(path) {
  const { readParquet } = await import('parquet-wasm')
  const { tableFromIPC } = await import('apache-arrow')
  const table = tableFromIPC(readParquet(new Uint8Array(readFileSync(path))).intoIPCStream())
  return table.schema.fields.map((field, index) => [...table.getChildAt(index) ?? []])
}

function encode(values) {
  if (typeof values[0] === 'string' || values[0] instanceof Uint8Array) return encodeBytes(values)
  const words = Buffer.alloc(values.length * 8)
  values.forEach((value, index) => words.writeBigUInt64LE(BigInt.asUintN(64, BigInt(value)), index * 8))
  return words
}

function encodeBytes(values) {
  const parts = values.map(value => Buffer.from(value))
  const all = Buffer.alloc(parts.reduce((length, part) => length + 4 + part.length, 0))
  let at = 0
  for (const part of parts) {
    at = all.writeUInt32LE(part.length, at)
    at += part.copy(all, at)
  }
  return all
}
