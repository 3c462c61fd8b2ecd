"""Settings of the whole suite."""

from __future__ import annotations

from hypothesis import HealthCheck, settings

# Nothing here is timed: a busy machine must not fail a property.
settings.register_profile("suite", deadline=None, suppress_health_check=[HealthCheck.too_slow])
settings.load_profile("suite")
