"""Names of multiprocessing's own processes. The supervisor imports this: it loads nothing else."""

HELPERS = frozenset({"resource_tracker", "forkserver", "semaphore_tracker"})
"""They end by themselves when the others have ended."""
