"""The programs in our own containers: artifacts in before the main container starts, and out when it has ended.

``joinery fetch`` (init container), ``joinery collect`` (native sidecar), ``joinery init-params`` (init container).
They hold no API rights: what to do stands in a mounted manifest, what came of it in the termination message.
Source: spec 4, *Artifacts by init container*, *What a run leaves behind*, *Params reach the container*.
"""
