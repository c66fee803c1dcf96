"""Whether a statement may run on a live engine, from its text alone."""

from tools.postgres.guard.judgement import MAX_BYTES, judge, proven_read
from tools.postgres.guard.names import Known
from tools.postgres.guard.verdict import Verdict

__all__ = ["MAX_BYTES", "Known", "Verdict", "judge", "proven_read"]
