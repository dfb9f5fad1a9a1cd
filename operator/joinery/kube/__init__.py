"""The one place that talks to the API server.

* ``client`` (over ``transport``, ``config``, ``paths``, ``errors``): single requests, plain JSON.
* ``reflector`` (over ``watching``): every Run and every change of one, into a sink; ``mirror`` and ``mirror_store``
  are the sink that searches use.
* ``leases``: one leader among replicas. ``events``: Kubernetes Events.
"""
