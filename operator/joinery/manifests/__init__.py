"""Reading and writing YAML and JSON as kubectl does. Source: spec 3, *Reading YAML and JSON*."""

from joinery.manifests.documents import Document, read_documents
from joinery.manifests.dumping import dump_yaml
from joinery.manifests.json_reading import read_json, read_json_line
from joinery.manifests.normal import MAX_DEPTH, normalise

__all__ = ["MAX_DEPTH", "Document", "dump_yaml", "normalise", "read_documents", "read_json", "read_json_line"]
