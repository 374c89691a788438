"""One study as all of its workers see it: where it is kept, who tries which setting, what came of each."""
