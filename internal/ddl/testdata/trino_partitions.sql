CALL "datalake".system.sync_partition_metadata('trailseal', 'events', 'FULL')
