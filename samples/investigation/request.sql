-- What the workers did in the kernel while the slowest request was served.
SELECT process AS worker, "order", name, arguments[:44] AS arguments, result, round(duration_ns / 1e6, 2) AS ms
FROM 'slow/system-calls.parquet'
WHERE process LIKE 'worker-%' AND exit_order > $1 AND "order" < $2 AND duration_ns > 1e6 ORDER BY "order"
