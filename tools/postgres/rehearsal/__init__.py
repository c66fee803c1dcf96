"""Trying a change on a throwaway copy: before, up, after, down, and proof that down restores.

    async with copy_of(postgres, [QualifiedName("shop", "orders")], settings=settings) as copy: ...
    report = await rehearse(postgres, script, settings=settings)

What runs beside a migration and what is made of it: clients.py (an application at work), step.py and locks.py (what a
statement held, and who waited), estimate.py (the time at live size), traffic.py (the statements that the live server
runs most, before and after), down.py, alterations.py, recreate.py and mend.py (the way back), hazards/ (one rule a file),
causes.py (one finding for each cause), verdict.py.

The live server is only ever read, in READ ONLY transactions; whatever is tried runs on the copy, as a role that is not
a superuser there.
"""
