"""What ``component.run`` may say of the pod: checked before there is any value. Source: spec 4, *The Job*.

The CRD keeps these parts as they are written (spec 5), so that what is misspelt is found here, by lint,
admission and operator alike, and never dropped in silence by the API server.
"""

from joinery.validation.pods.check import check_run
from joinery.validation.pods.containers import is_ours
from joinery.validation.pods.tables import CONTEXT_PATH, ENVIRONMENT, RESERVED_PREFIX

__all__ = ["CONTEXT_PATH", "ENVIRONMENT", "RESERVED_PREFIX", "check_run", "is_ours"]
