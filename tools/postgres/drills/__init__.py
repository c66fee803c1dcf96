"""Drills: a backup restored, an archive replayed, into a throwaway server, and what came back compared with the live one.

What is restored never gets out: no TCP port, a socket that only the server's account may enter, no archiving, no
subscriptions, no preloaded libraries of the backup's own, no event triggers. The folder is gone when the drill ends,
kill -9 included.
"""
