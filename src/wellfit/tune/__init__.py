"""Searches over regularizers, learning rate and options of an unmodified script: together, on one machine or many.

Called, it searches over a Python function: `wellfit.tune(train, space)`, see `wellfit.tune.in_code.tune`.
"""

from wellfit.called import be_called

be_called(__name__)
