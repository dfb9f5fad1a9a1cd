"""The condition types of an Operation. Source: spec 5.

An operation has no phase: its conditions say where it stands, so that ``kubectl wait``, Argo CD and Flux read it
without help. Each state has one combination of them (T true, F false, U unknown); the reasons are in
:mod:`joinery.api.v1alpha1.reasons`:

| state                       | Accepted | Resolved  | Launched               | Succ. / Ready | also True    |
|-----------------------------|----------|-----------|------------------------|---------------|--------------|
| Component or Search missing | U        | U         | U                      | U / U         | Reconciling  |
| invalid                     | F        | U         | U                      | U / F         | Stalled      |
| its Run's echo awaited      | T        | U         | U                      | U / U         | Reconciling  |
| waiting                     | T        | U         | U                      | U / U         | Reconciling  |
| resolution failed           | T        | F         | F                      | F / F         | Stalled      |
| suspended                   | T        | T         | F                      | U / F         | none         |
| Connection missing          | T        | T         | F                      | U / F         | Reconciling  |
| launch refused, tried again | T        | T         | F                      | U / F         | Stalled      |
| cannot be launched          | T        | T         | F                      | F / F         | Stalled      |
| Kueue holds it              | T        | T         | T                      | U / U         | Reconciling  |
| going on                    | T        | T         | T                      | U / U         | Reconciling  |
| done                        | T        | T         | T                      | T / T         | none         |
| failed                      | T        | T         | T                      | F / F         | Stalled      |
| stopped                     | T        | as it was | as it was; F if no Job | F / F         | Stalled      |

``Succeeded`` and ``Ready`` carry the reason of the last column.
"""

from __future__ import annotations

from typing import Final

ACCEPTED: Final = "Accepted"
"""The spec is valid."""

RESOLVED: Final = "Resolved"
"""The joins have been resolved and recorded."""

LAUNCHED: Final = "Launched"
"""The Job exists."""

SUCCEEDED: Final = "Succeeded"
"""Unknown while going on, then True or False for good."""

READY: Final = "Ready"
"""For GitOps: True exactly when Succeeded is; False where a person must act, or nothing more will happen."""

RECONCILING: Final = "Reconciling"
"""There only while true: something is still to come by itself (kstatus)."""

STALLED: Final = "Stalled"
"""There only while true: nothing more happens by itself (kstatus, to which Ready False alone is "in progress")."""

ALWAYS: Final = (ACCEPTED, RESOLVED, LAUNCHED, SUCCEEDED, READY)
"""Set on the first visit, and from then on always there."""

WHILE_TRUE: Final = (RECONCILING, STALLED)
"""There only while true."""

TRUE: Final = "True"
FALSE: Final = "False"
UNKNOWN: Final = "Unknown"
