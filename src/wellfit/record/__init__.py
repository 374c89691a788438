"""Within a recorded process, notes its options, its generators, its first batches and its metrics."""
