"""What a scheduler process does beside making calls: each duty a transaction of its own, run by `scheduler.worker`."""
