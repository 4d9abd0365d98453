"""A file of unknown origin -> its passages and figures, or one clear reason why not.

Everything that meets the file's content runs in a child process (`child`) with bounded memory,
time and no way out; `reading` starts it and takes its result.
"""
