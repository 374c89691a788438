"""Why a run does not come back: short runs of its code, each with something more held still."""
