"""The commands: options in, one call of the library, a few lines out.

Their modules import nothing heavy at the top, so that ``structurer --help`` is quick.
"""
