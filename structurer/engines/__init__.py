"""Where batches run. An engine is a function from part jobs to finished parts."""
