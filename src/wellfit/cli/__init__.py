"""The command line: parse, call, print, exit code; everything heavy is imported inside the commands."""
