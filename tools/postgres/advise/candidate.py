"""An index that might help: what it would be, why, and the statement that makes it."""

import hashlib
import re
from dataclasses import dataclass, field

from tools.postgres.plans.names import quoted
from tools.postgres.plans.schema import Index, Table

_LONGEST_NAME = 63


@dataclass(frozen=True, order=True)
class Part:
    """One key of an index: a column or an expression, with its direction and operator class."""

    text: str
    plain: bool = True
    descending: bool = False
    nulls_first: bool | None = None
    operators: str = ""

    @property
    def sql(self) -> str:
        """The key as CREATE INDEX writes it."""
        words = [self.text if self.plain else f"({self.text})"]
        if self.operators:
            words.append(self.operators)
        if self.descending:
            words.append("DESC")
        if self.nulls_first is not None and self.nulls_first != self.descending:
            words.append("NULLS FIRST" if self.nulls_first else "NULLS LAST")
        return " ".join(words)


@dataclass(frozen=True)
class Candidate:
    """An index that might help. Two candidates are the same when they would be the same index."""

    table: Table = field(compare=False, repr=False)
    place: str
    """schema.table, unquoted."""
    method: str
    parts: tuple[Part, ...]
    include: tuple[str, ...] = ()
    predicate: str = ""
    kind: str = field(default="composite", compare=False)
    """single, composite, sort, partial, expression, covering, gin, trigram, pattern, brin, foreign-key, or, latest,
    extreme."""
    why: str = field(default="", compare=False)
    _hash: int = field(init=False, compare=False, repr=False)

    def __post_init__(self) -> None:
        # A search looks candidates up a million times.
        same = (self.place, self.method, self.parts, self.include, self.predicate)
        object.__setattr__(self, "_hash", hash(same))

    def __hash__(self) -> int:
        return self._hash

    def does(self, other: "Candidate") -> bool:
        """Whether it serves where `other`, a B-tree or BRIN, serves: a B-tree of the same rows that begins with its keys
        and holds all it holds. One key is read in either direction."""
        if (self.place, self.method, self.predicate) != (other.place, "btree", other.predicate):
            return False
        if other.method not in ("btree", "brin"):
            return False
        begin = self.parts[: len(other.parts)]
        if len(begin) == 1 == len(other.parts):
            alike = (begin[0].text, begin[0].operators) == (other.parts[0].text, other.parts[0].operators)
        else:
            alike = begin == other.parts
        return alike and {*other.include} <= {*self.include, *(part.text for part in self.parts if part.plain)}

    @property
    def extension(self) -> str:
        """The extension the index needs, or empty."""
        return "pg_trgm" if any("trgm" in part.operators for part in self.parts) else ""

    @property
    def name(self) -> str:
        """A name that is always the same for the same index, at most 63 bytes."""
        words = [self.table.name, *(_word(part.text) for part in self.parts)]
        words += ["desc"] if any(part.descending for part in self.parts) else []
        words += ["pattern"] if any("pattern" in part.operators for part in self.parts) else []
        words += ["trgm"] if self.extension else [self.method] if self.method != "btree" else []
        words += ["where", _word(self.predicate)] if self.predicate else []
        words += ["incl"] if self.include else []
        full = "_".join(words) + "_idx"
        if len(full.encode()) <= _LONGEST_NAME and not self.include and not self.predicate:
            return full
        digest = hashlib.sha256(self.body.encode()).hexdigest()[:6]
        return full[:-4].encode()[: _LONGEST_NAME - 11].decode(errors="ignore").rstrip("_") + f"_{digest}_idx"

    @property
    def body(self) -> str:
        """What follows ON in CREATE INDEX."""
        target = f"{quoted(self.table.schema)}.{quoted(self.table.name)}"
        return f"{target} {self._definition}"

    @property
    def _definition(self) -> str:
        using = "" if self.method == "btree" else f"USING {self.method} "
        keys = ", ".join(part.sql for part in self.parts)
        include = f" INCLUDE ({', '.join(quoted(each) for each in self.include)})" if self.include else ""
        where = f" WHERE {self.predicate}" if self.predicate else ""
        return f"{using}({keys}){include}{where}"

    @property
    def plain_ddl(self) -> str:
        """CREATE INDEX as it runs on a copy."""
        return f"CREATE INDEX {quoted(self.name)} ON {self.body}"

    @property
    def ddl(self) -> str:
        """CREATE INDEX CONCURRENTLY, with the extension before it when one is missing.

        On a partitioned table, which cannot do that (PostgreSQL documentation, CREATE INDEX), an index on the parent
        only, one per partition made concurrently, and each attached.
        """
        if self.table.kind != "p":
            return f"CREATE INDEX CONCURRENTLY {quoted(self.name)} ON {self.body}"
        parent = f"{quoted(self.table.schema)}.{quoted(self.name)}"
        lines = [f"CREATE INDEX {quoted(self.name)} ON ONLY {self.body}"]
        for number, partition in enumerate(self.table.partitions, 1):
            schema = partition.split(".", 1)[0]
            each = quoted(f"{self.name[:56]}_p{number}")
            lines.append(f"CREATE INDEX CONCURRENTLY {each} ON {partition} {self._definition}")
            lines.append(f"ALTER INDEX {parent} ATTACH PARTITION {schema}.{each}")
        return ";\n".join(lines)

    @property
    def down(self) -> str:
        """The statement that takes the index away again."""
        how = "" if self.table.kind == "p" else "CONCURRENTLY "
        return f"DROP INDEX {how}{quoted(self.table.schema)}.{quoted(self.name)}"

    def served_by(self, index: Index) -> bool:
        """Whether an index that exists already does what this one would."""
        if index.method != self.method or not index.valid or len(index.keys) < len(self.parts):
            return False
        if plain(index.predicate) not in ("", plain(self.predicate)):
            return False
        same = all(plain(part.text) == plain(key) for part, key in zip(self.parts, index.keys, strict=False))
        if not same or (self.include and not {*self.include} <= {*index.keys, *index.included}):
            return False
        if self.method != "btree":
            return all(not part.operators or part.operators in index.classes for part in self.parts)
        turned = [part.descending != down for part, down in zip(self.parts, index.descending, strict=False)]
        special = [part.operators for part in self.parts if part.operators]
        return (all(turned) or not any(turned)) and all(each in index.classes for each in special)


def plain(expression: str) -> str:
    """An expression without what PostgreSQL adds when it prints it (casts to text, parentheses, spaces, case)."""
    return re.sub(r"::(text|character varying|bpchar)|[()\s]", "", expression).lower()


def _word(text: str) -> str:
    return re.sub(r"[^a-z0-9_]+", "_", text.lower()).strip("_")[:24]
