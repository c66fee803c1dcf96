"""Trying a change on a throwaway copy: before, up, after, down, and proof that down restores.

    async with copy_of(postgres, [QualifiedName("shop", "orders")], settings=settings) as copy: ...
    report = await rehearse(postgres, script, settings=settings)

The live server is only ever read, in READ ONLY transactions; whatever is tried runs on the copy, as a role that is not
a superuser there.
"""
