"""Is a manifest of our kinds valid? The same answer for lint, admission and operator."""

from joinery.validation.findings import Findings
from joinery.validation.manifest import check_manifest

__all__ = ["Findings", "check_manifest"]
