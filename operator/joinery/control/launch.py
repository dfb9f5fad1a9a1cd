"""What becomes of a committed snapshot. As long as Joinery makes no Jobs: it stays resolved, and says so."""

from __future__ import annotations

from joinery.control import states
from joinery.control.decide import Report
from joinery.control.ports import Manifest
from joinery.control.snapshot import Committed


class ResolveOnly:
    """Launches nothing: for an operator that only resolves."""

    async def advance(self, operation: Manifest, _run: Manifest, _committed: Committed | None) -> Report:
        """Nothing to do; it stands as the commit said."""
        return Report(state=self.outlook(operation, ""))

    def outlook(self, operation: Manifest, summary: str) -> states.State:
        """Suspended where the spec says so; else resolved, with the launch still open."""
        if (operation.get("spec") or {}).get("suspend"):
            return states.suspended(summary)
        return states.resolved_only(summary)
