"""A judged run as text, JSON or one HTML page; one file per format, and no format knows another.

Called, it tells values of metrics: `wellfit.report(step, val_loss=0.31)`, see `wellfit.declare.reported`.
"""

from wellfit.called import be_called

be_called(__name__)
