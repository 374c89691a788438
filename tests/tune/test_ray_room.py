"""What a Ray cluster is asked for, and what is made of Ray's last words, without a cluster."""

import pytest

from wellfit.errors import UsageError
from wellfit.tune.places.on_ray import said_by_ray
from wellfit.tune.places.ray_crew import Needs, room_of


@pytest.mark.parametrize(
    ("has", "workers", "gpus", "room"),
    [
        ({"CPU": 4.0}, None, None, (4, Needs(1.0, 0.0))),
        ({"CPU": 4.0}, 3, None, (3, Needs(1.0, 0.0))),
        ({"CPU": 4.0}, 9, None, (4, Needs(1.0, 0.0))),
        ({"CPU": 16.0, "GPU": 2.0}, None, None, (2, Needs(1.0, 1.0))),
        ({"CPU": 16.0, "GPU": 2.0}, None, 0.5, (4, Needs(1.0, 0.5))),
        ({"CPU": 3.0, "GPU": 2.0}, None, 0.5, (3, Needs(1.0, 0.5))),
        ({"CPU": 16.0, "GPU": 5.0}, None, 2.0, (2, Needs(1.0, 2.0))),
    ],
)
def test_there_are_as_many_workers_as_fit(has, workers, gpus, room):
    assert room_of(has, workers, gpus) == room


def test_a_cluster_without_room_for_one_trial_is_a_mistake():
    with pytest.raises(UsageError, match="has 8 CPUs and 1 GPUs, and one trial needs 1 and 2"):
        room_of({"CPU": 8.0, "GPU": 1.0}, None, 2.0)


@pytest.mark.parametrize(
    ("line", "why"),
    [
        (
            "[2026-11-28 14:57:11,776 E 24303 24435] rpc_client.h:204: Failed to connect to GCS within 60 seconds. It",
            "Failed to connect to GCS within 60 seconds",
        ),
        ("[2026-11-28 14:57:11,776 C 1 2] (driver) core.cc:9: Check failed: x", "Check failed: x"),
        ("ray.exceptions.AuthenticationError: no token", "ray.exceptions.AuthenticationError: no token"),
        ("", "it said nothing"),
    ],
)
def test_the_last_line_of_ray_is_told_without_what_only_a_log_needs(line, why):
    assert said_by_ray(line) == why
