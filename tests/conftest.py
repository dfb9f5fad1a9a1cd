"""What all tests share comes from plugins, one for each idea."""

from hypothesis import HealthCheck, settings

pytest_plugins = ["cluster_fixtures", "event_loops", "folders", "operator_fixtures", "postgres_fixtures"]

# A machine that does other work too is slow at times: that is no fault of what is tested.
settings.register_profile("joinery", deadline=None, suppress_health_check=[HealthCheck.too_slow])
settings.load_profile("joinery")
