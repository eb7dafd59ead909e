"""Stands before the package of this name, and is not there.

jsonschema takes it if JupyterLab has brought it, and building its grammar costs every process of
nbgrader or Jupyter a second. It checks formats of URIs, which notebooks have none of.
"""

raise ImportError("tests do without it")
