-- The slowest requests: from the moment at which a worker has accepted a connection to the one at which it has closed it.
WITH calls AS (
    SELECT process AS worker, tid, name, "order", exit_order, time_ns + duration_ns AS ended FROM 'slow/system-calls.parquet' WHERE process LIKE 'worker-%'),
requests AS (
    SELECT worker, exit_order AS accepted, ended AS begun,
        lead(exit_order) OVER thread AS closed, lead(ended) OVER thread AS ended, name
    FROM calls WHERE name IN ('accept', 'close') WINDOW thread AS (PARTITION BY tid ORDER BY "order"))
SELECT worker, accepted, closed, round((ended - begun) / 1e6, 2) AS ms FROM requests WHERE name = 'accept' AND closed > 0 ORDER BY ms DESC LIMIT 8
