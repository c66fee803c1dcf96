"""What of the rows goes into a copy: as they are, with personal data replaced on the way, or made up.

    personal = await personal_columns(postgres, scope, ...)    # which columns, by name, type and pattern
    masks = Masks(anchors=...)                                 # one mapping for a whole copy, its key only in memory
    stream = masked_rows(blocks, cells)                        # between the live server and the copy

Nothing here talks to the copy's disk: what is personal has been replaced before a byte is sent to the copy.
"""
