// node pages.mjs FILE
// Prints what the page indexes of a Parquet file say, as hyparquet reads them: for each row group and column an array of pages.
import { asyncBufferFromFile, parquetMetadataAsync, parquetSchema, readColumnIndex, readOffsetIndex } from 'hyparquet'

const file = await asyncBufferFromFile(process.argv[2])
const metadata = await parquetMetadataAsync(file)
const elements = parquetSchema(metadata).children.map(child => child.element)
const groups = []
for (const group of metadata.row_groups) groups.push(await Promise.all(group.columns.map(pagesOf)))
const text = (key, value) => typeof value === 'bigint' ? value.toString() : value instanceof Uint8Array ? Buffer.from(value).toString('hex') : value
process.stdout.write(JSON.stringify(groups, text))

async function pagesOf(column, index) {
  const columnIndex = readColumnIndex(await reader(column.column_index_offset, column.column_index_length), elements[index])
  const offsetIndex = readOffsetIndex(await reader(column.offset_index_offset, column.offset_index_length))
  return offsetIndex.page_locations.map((location, page) => ({
    offset: location.offset, length: location.compressed_page_size, firstRow: location.first_row_index,
    min: columnIndex.min_values[page], max: columnIndex.max_values[page], nulls: columnIndex.null_counts[page],
    isNull: columnIndex.null_pages[page], order: columnIndex.boundary_order,
  }))
}

async function reader(offset, length) {
  const bytes = await file.slice(Number(offset), Number(offset) + length)
  return { view: new DataView(bytes), offset: 0 }
}
