"""Whether an object may enter the cluster: a pure review, and a thin HTTPS server around it.

Source: issue "The operator in a real cluster", point 6; spec 5, *Who may do what* (last paragraph).
"""

from joinery.admission.review import review

__all__ = ["review"]
