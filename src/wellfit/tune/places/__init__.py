"""Where the trials of a script run: in this process, in others of this machine, on other machines, on Ray."""
