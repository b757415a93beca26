"""What :mod:`structurer.export` writes: one module for tables, one for rows, one for shards."""
