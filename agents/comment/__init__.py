"""What people and programs read of a case: the comment, and the JSON object of `consult`."""

from agents.comment.json import as_json
from agents.comment.render import render

__all__ = ["as_json", "render"]
