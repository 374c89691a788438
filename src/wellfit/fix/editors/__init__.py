"""One kind of edit per file; `wellfit.fix.catalogue` lists them all."""
