"""The list of all schedules."""

from wellfit.schedules.shape import Shape
from wellfit.schedules.shapes.constant import constant
from wellfit.schedules.shapes.cosine import cosine
from wellfit.schedules.shapes.exponential import exponential
from wellfit.schedules.shapes.inverse_sqrt import inverse_sqrt
from wellfit.schedules.shapes.linear import linear
from wellfit.schedules.shapes.multistep import multistep
from wellfit.schedules.shapes.one_cycle import one_cycle
from wellfit.schedules.shapes.polynomial import polynomial
from wellfit.schedules.shapes.wsd import wsd

SHAPES = (
    Shape(constant, reaches_floor=False, counts_warmup=True),
    Shape(multistep, reaches_floor=False, counts_warmup=True),
    Shape(exponential),
    Shape(cosine),
    Shape(linear),
    Shape(polynomial),
    Shape(inverse_sqrt, reaches_floor=False),
    Shape(wsd, counts_warmup=True),
    Shape(one_cycle, falls=False, warms_itself=True),
)

BY_NAME = {shape.name: shape for shape in SHAPES}
