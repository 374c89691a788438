"""One file per probe; `catalogue.py` lists them."""
